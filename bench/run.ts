import { constants } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ROOT } from '../deploy/child.mjs';
import { runCommand, SetupError } from '../deploy/failure.mjs';
import { isCodec } from '../web/stream/codec/codecs.ts';
import { Context, type Section, type Settings } from './context.ts';
import { describeMachine, type SectionReport, tableOf, writeJson } from './report.ts';
import * as compute from './sections/compute.ts';
import * as firefox from './sections/firefox.ts';
import * as glass from './sections/glass.ts';
import * as kernels from './sections/kernels.ts';
import * as models from './sections/models.ts';
import * as onnx from './sections/onnx.ts';
import * as paths from './sections/paths.ts';
import * as peerjs from './sections/peerjs.ts';
import * as quality from './sections/quality.ts';
import * as server from './sections/server.ts';
import * as sound from './sections/sound.ts';
import * as stream from './sections/stream.ts';
import * as streamSoak from './sections/stream-soak.ts';
import * as streamTrouble from './sections/stream-trouble.ts';
import * as wire from './sections/wire.ts';

/** Every section that these modules export, by name. */
const SECTIONS = [
  ...[compute, firefox, glass, kernels, models, onnx, paths, peerjs, quality, server],
  ...[sound, stream, streamSoak, streamTrouble, wire],
]
  .flatMap((module): unknown[] => Object.values(module))
  .filter((value): value is Section => value instanceof Object && 'about' in value)
  .sort((a, b) => a.name.localeCompare(b.name));

const HELP = `npm run bench [-- NAME ...] [--list] [--json FILE] [--minutes N] [--frames DIR]

Measures this machine, each figure beside what it is compared with. Without a NAME it runs every section but
those that take long.

  --list         list the sections
  --json FILE    where the figures are written as JSON (bench-output/bench.json)
  --minutes N    how long sections that run for as long as they are told run (10)
  --frames DIR   recorded frames of games, for the section quality ($P2C2R_FRAMES, or ../shared/frames)
  --clip FILE    a recorded clip, twice as large as the stream it stands for, for the sections glass and
                 glass-tune (supertuxkart/clip.mp4 among the recorded frames, if it is there)
  --clip-frames N  how many of its frames they measure (60)
  --size WxH     the size of the source, for the section stream-detail (640x360): a machine that composes such frames
                 too slowly has no time to show what the network and the volunteer take
  --onnx DIR     the ONNX standard's node tests, for the section onnx: a folder for each
  --grids DIR    maps of the Moving AI benchmark, for the section paths (12 generated ones)
  --codec NAME   the codec both ways, for the section glass: h264, vp8, vp9 or av1 (the best of those measured)`;

const DEFAULT_JSON = join(ROOT, 'bench-output/bench.json');
/** In the folder of recorded frames. */
const DEFAULT_CLIP = 'supertuxkart/clip.mp4';
/** Only ends a section that hangs. */
const SECTION_TIMEOUT_MS = 480_000;

/** The section that runs now. */
let running: Context | undefined;

/** @param bundleDir - where bench/run.mjs bundled the modules to that run in processes of their own */
export async function main(bundleDir: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, async () => {
      await running?.end();
      process.exit(128 + constants.signals[signal]);
    });
  }
  await runCommand(() => bench(bundleDir));
  // A native library's thread that a section could not end must not keep the process alive.
  process.exit();
}

async function bench(bundleDir: string): Promise<void> {
  const { names, help, list, jsonFile, ...options } = readArguments();
  if (help) return console.log(HELP);
  if (list) {
    for (const { name, about, onlyWhenNamed } of SECTIONS) {
      console.log(`${name.padEnd(16)} ${about}${onlyWhenNamed ? '; only when named' : ''}`);
    }
    return;
  }
  const unknown = names.filter((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown.length > 0) {
    throw new SetupError(`There is no section ${unknown.join(', ')}. See npm run bench -- --list.`);
  }
  const chosen = SECTIONS.filter(({ name, onlyWhenNamed }) =>
    names.length === 0 ? !onlyWhenNamed : names.includes(name),
  );
  const machine = describeMachine();
  console.log(`${machine.cores} cores, ${machine.cpu}; load before: ${machine.load.toFixed(1)}`);
  const reports: SectionReport[] = [];
  for (const section of chosen) reports.push(await runSection(section, { ...options, bundleDir }));
  console.log(`\n${tableOf(reports)}`);
  await writeJson(jsonFile, machine, reports);
  console.log(`\nThe same as JSON: ${relative(process.cwd(), jsonFile)}`);
  if (reports.some(({ crash }) => crash)) process.exitCode = 1;
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      args: withDefaultJson(process.argv.slice(2)),
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        json: { type: 'string', default: DEFAULT_JSON },
        minutes: { type: 'string', default: '10' },
        clip: { type: 'string' },
        'clip-frames': { type: 'string', default: '60' },
        codec: { type: 'string' },
        size: { type: 'string', default: '640x360' },
        onnx: { type: 'string' },
        grids: { type: 'string' },
        frames: { type: 'string', default: process.env.P2C2R_FRAMES ?? join(ROOT, '../shared/frames') },
      },
    });
    const { help, list, json, frames, codec = null } = values;
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not ${values.minutes}.`);
    const clipFrames = Number(values['clip-frames']);
    if (!(clipFrames >= 1)) throw new Error(`--clip-frames must be a number from 1, not ${values['clip-frames']}.`);
    if (codec !== null && !isCodec(codec)) throw new Error(`There is no codec ${codec}: h264, vp8, vp9 or av1.`);
    const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(values.size)?.map(Number) ?? [];
    if (!width || !height) throw new Error(`--size must be one such as 320x180, not ${values.size}.`);
    const framesDir = resolve(frames);
    const given = (path: string | undefined) => (path ? resolve(path) : null);
    const clip = given(values.clip) ?? join(framesDir, DEFAULT_CLIP);
    const inputs = {
      framesDir,
      clip,
      onnxDir: given(values.onnx),
      gridsDir: given(values.grids),
      size: { width, height },
    };
    return { names: positionals, help, list, jsonFile: resolve(json), minutes, clipFrames, codec, ...inputs };
  } catch (cause) {
    throw new SetupError(`${cause instanceof Error ? cause.message : cause}\nSee npm run bench -- --help.`);
  }
}

/** `--json` alone names the default file. */
function withDefaultJson(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    const isAlone = arg === '--json' && (args[i + 1] ?? '--').startsWith('--');
    return isAlone ? [arg, DEFAULT_JSON] : [arg];
  });
}

/** Runs a section. One that crashes prints the reason and does not stop the others. */
async function runSection({ name, run, onlyWhenNamed }: Section, settings: Settings): Promise<SectionReport> {
  console.log(`\n=== ${name}`);
  const context = new Context(settings);
  running = context;
  const startedMs = performance.now();
  const tookS = () => Math.round((performance.now() - startedMs) / 100) / 10;
  const timeoutMs = SECTION_TIMEOUT_MS + (onlyWhenNamed ? 60_000 * settings.minutes : 0);
  try {
    const timeout = sleep(timeoutMs, undefined, { ref: false }).then(() => {
      throw new Error(`The section did not end within ${timeoutMs / 1_000} s.`);
    });
    return { name, rows: await Promise.race([run(context), timeout]), tookS: tookS(), crash: null };
  } catch (cause) {
    console.error(cause);
    return { name, rows: [], tookS: tookS(), crash: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await context.end();
  }
}
