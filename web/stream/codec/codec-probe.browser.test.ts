import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { forgetOpenFrames, openFrames } from '../gamer/test-frame-ledger.ts';
import { DEFAULT_BITRATE_KBPS } from '../settings.ts';
import { CODEC_PROBE_FRAMES, measureCosts, movingFrames, rankByCost, TRIAL_SIZE, tryCodec } from './codec-probe.ts';
import { type Codec, decoderConfig, encoderConfig, rankedCodecs } from './codecs.ts';
import { holdBackPackets } from './test-withholding.ts';

const now = () => performance.now();
/** Enough for any trial; ends one that hangs. */
const LONG_MS = 30_000;

let coders: (VideoEncoder | VideoDecoder)[];

beforeEach(() => {
  forgetOpenFrames();
  coders = [];
  for (const name of ['VideoEncoder', 'VideoDecoder'] as const) {
    vi.stubGlobal(
      name,
      new Proxy<typeof VideoEncoder | typeof VideoDecoder>(globalThis[name], {
        construct(target, parameters) {
          const coder = Reflect.construct(target, parameters);
          coders.push(coder);
          return coder;
        },
      }),
    );
  }
});

/** A trial leaves no open frame or codec behind, whatever its outcome. */
afterEach(async () => {
  vi.unstubAllGlobals();
  await expect.poll(openFrames).toBe(0);
  expect(coders.filter(({ state }) => state !== 'closed')).toEqual([]);
});

test('codecs are ranked only once', async () => {
  const ranked = await rankedCodecs();
  expect(ranked).toContain('vp8');
  const made = coders.length;
  expect(await rankedCodecs()).toEqual(ranked);
  expect(coders).toHaveLength(made);
});

test('every software codec is measured, unless its time runs out', async () => {
  const codecs = await rankedCodecs();
  const costs = await measureCosts(codecs.map(trialOf), now);
  expect([...costs.keys()]).toEqual(codecs);
  // On a machine that is so busy that no frame comes in time.
  const unknown = ['unmeasured', 'withholds'];
  for (const cost of costs.values()) expect(typeof cost === 'number' ? cost > 0 : unknown.includes(cost)).toBe(true);
});

test('a codec with enough time is measured', async () => {
  expect(await tried(trialOf('vp8'), LONG_MS)).toBeGreaterThan(0);
});

test.each<[string, Partial<ReturnType<typeof trialOf>>]>([
  ['encode', { encoder: { ...trialOf('vp8').encoder, width: 1 << 20 } }],
  ['decode', { decoder: { codec: 'vp09.00.51.08' } }],
  ['be set up', { encoder: { ...trialOf('vp8').encoder, codec: 'no such codec' } }],
])('a codec that fails to %s is reported as failed', async (_, wrong) => {
  expect(await tried({ ...trialOf('vp8'), ...wrong }, LONG_MS)).toBe('failed');
});

test('a codec that gives frames out only when it is flushed is found, and ranked last', async () => {
  holdBackPackets();
  const cost = 'withholds';
  // A busy machine needs more time to tell: otherwise it flushes too late.
  let trialMs = LONG_MS / 25;
  const longer = () => {
    trialMs *= 1.5;
    return trialMs;
  };
  await expect.poll(() => tried(trialOf('vp8'), longer()), { timeout: 2 * LONG_MS }).toBe(cost);
  expect(rankByCost(['vp8', 'vp9'], new Map([['vp8', cost] as const, ['vp9', 'unmeasured'] as const]))).toEqual([
    'vp9',
    'vp8',
  ]);
});

test('a codec that gives pictures of another size is reported as failed', async () => {
  const frames = movingFrames(2, 64, 36, STREAM_LIMITS.defaultFps);
  const encoder = { ...trialOf('vp8').encoder };
  const outcome = tryCodec({ encoder, decoder: trialOf('vp8').decoder }, frames, now, LONG_MS);
  // Encoders scale frames to their configured size; the trial expects another one.
  encoder.width = 64;
  expect(await outcome).toBe('failed');
  for (const frame of frames) frame.close();
});

test('a codec that hangs uses up only its own share of the time', async () => {
  const { encode } = VideoEncoder.prototype;
  let codersBefore = 0;
  const encoding = vi.spyOn(VideoEncoder.prototype, 'encode').mockImplementation(function (
    this: VideoEncoder,
    ...given
  ) {
    if (coders.indexOf(this) > codersBefore + 1) encode.apply(this, given);
  });
  const measured = async () => {
    codersBefore = coders.length;
    const trials = ['hangs', 'works'].map((name) => ({ ...trialOf('vp8'), name }));
    const costs = await measureCosts(trials, now);
    return { hangs: costs.get('hangs'), works: typeof costs.get('works') };
  };
  // A busy machine may have no time for the second within its share either.
  await expect.poll(measured, { timeout: LONG_MS }).toEqual({ hangs: 'unmeasured', works: 'number' });
  encoding.mockRestore();
});

function trialOf(codec: Codec) {
  const encoder = encoderConfig(codec, TRIAL_SIZE, STREAM_LIMITS.defaultFps, DEFAULT_BITRATE_KBPS);
  return { name: codec, encoder, decoder: decoderConfig(codec, TRIAL_SIZE) };
}

async function tried(trial: ReturnType<typeof trialOf>, budgetMs: number) {
  const frames = movingFrames(CODEC_PROBE_FRAMES, TRIAL_SIZE.width, TRIAL_SIZE.height, STREAM_LIMITS.defaultFps);
  try {
    return await tryCodec(trial, frames, now, budgetMs);
  } finally {
    for (const frame of frames) frame.close();
  }
}
