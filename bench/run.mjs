import { readdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endWithNpm, ROOT } from '../deploy/child.mjs';
import { runCommand, SetupError } from '../deploy/failure.mjs';
import { ensureInstalled } from '../deploy/install.mjs';
import { BenchContext } from './context.mjs';
import { describeMachine, tableOf, writeJson } from './report.mjs';

/**
 * @typedef {object} Section what a file in bench/sections/ exports as `section`
 * @property {string} name what `npm run bench -- NAME` calls it
 * @property {string} about one line for `--list`
 * @property {boolean} [onlyWhenNamed] it takes too long for those who want all of it
 * @property {(context: BenchContext) => Promise<import('./rows.mjs').Row[]>} run
 */

/** Only ends what hangs: a section takes half a minute, and beside that as long as it was told to run. */
const SECTION_TIMEOUT_MS = 480_000;
const DEFAULT_MINUTES = 10;

/** The section that runs now. @type {BenchContext | undefined} */
let running;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, async () => {
    await running?.end();
    process.exit(128 + constants.signals[signal]);
  });
}

// npm run bench [-- NAME ...] [--list] [--json FILE] [--minutes N] [--frames DIR]: this machine's figures, each beside what it is compared with.
endWithNpm();
await runCommand(async () => {
  const { names, list, jsonFile, ...settings } = readArguments();
  const sections = await loadSections();
  if (list) {
    for (const { name, about, onlyWhenNamed } of sections) {
      console.log(`${name.padEnd(16)} ${about}${onlyWhenNamed ? '; only when named' : ''}`);
    }
    return;
  }
  const unknown = names.filter((name) => !sections.some((section) => section.name === name));
  if (unknown.length > 0) {
    throw new SetupError(`There is no section ${unknown.join(', ')}. See npm run bench -- --list.`);
  }
  await ensureInstalled();
  const chosen = sections.filter(({ name, onlyWhenNamed }) =>
    names.length === 0 ? !onlyWhenNamed : names.includes(name),
  );
  const machine = describeMachine();
  console.log(`${machine.cores} cores, ${machine.cpu}; load before: ${machine.load.toFixed(1)}`);
  const reports = [];
  for (const section of chosen) reports.push(await runSection(section, settings));
  console.log(`\n${tableOf(reports)}`);
  await writeJson(jsonFile, machine, reports);
  console.log(`\nThe same as JSON: ${relative(process.cwd(), jsonFile)}`);
  if (reports.some(({ crash }) => crash)) process.exitCode = 1;
});
// What a section could not end, such as a native library's thread, must not keep us.
process.exit();

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        json: { type: 'string' },
        minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
        frames: { type: 'string', default: process.env.P2C2R_FRAMES ?? join(ROOT, '../shared/frames') },
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) throw new Error(`--minutes wants a number above 0, not ${values.minutes}.`);
    const jsonFile = values.json ? resolve(values.json) : join(ROOT, 'bench-output/bench.json');
    return { names: positionals, list: values.list, jsonFile, minutes, framesDir: resolve(values.frames) };
  } catch (cause) {
    throw new SetupError(`${cause instanceof Error ? cause.message : cause}\nSee npm run bench -- --list.`);
  }
}

/** @returns {Promise<Section[]>} by name */
async function loadSections() {
  const files = (await readdir(new URL('sections/', import.meta.url))).filter((file) => file.endsWith('.mjs')).sort();
  return Promise.all(
    files.map(async (file) => (await import(new URL(`sections/${file}`, import.meta.url).href)).section),
  );
}

/**
 * A section that crashes tells why and leaves the others alone.
 * @param {Section} section
 * @param {{ minutes: number, framesDir: string }} settings
 * @returns {Promise<import('./report.mjs').SectionReport>}
 */
async function runSection({ name, run, onlyWhenNamed = false }, settings) {
  console.log(`\n=== ${name}`);
  const context = new BenchContext(name, settings);
  running = context;
  const startedMs = performance.now();
  const tookS = () => Math.round((performance.now() - startedMs) / 100) / 10;
  try {
    const rows = await Promise.race([
      run(context),
      tooLate(SECTION_TIMEOUT_MS + (onlyWhenNamed ? 60_000 * settings.minutes : 0)),
    ]);
    return { name, rows, tookS: tookS(), crash: null };
  } catch (cause) {
    console.error(cause);
    return { name, rows: [], tookS: tookS(), crash: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await context.end();
  }
}

/** @param {number} timeoutMs @returns {Promise<never>} */
async function tooLate(timeoutMs) {
  await sleep(timeoutMs, undefined, { ref: false });
  throw new Error(`It did not end within ${timeoutMs / 1_000} s.`);
}
