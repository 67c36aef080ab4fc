import { beforeEach, expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { detailRows } from '../../compute/reference/detail.ts';
import { upscaleReference } from '../../compute/reference/upscale.ts';
import { RgbaReader } from '../../compute/video-frames.ts';
import { movingFrames } from '../codec/codec-probe.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import { FrameEncoder, type Packet } from '../codec/frame-encoder.ts';
import { TEST_SETUP } from '../gamer/test-setup.ts';
import type { DetailVerdict } from './detail-benefit.ts';
import { DetailHistory } from './detail-history.ts';
import { RecomputationCheck } from './recomputation-check.ts';
import type { UpscaleTile } from './tile-check.ts';

const CODING = { base: 'bicubic', gain: 4, deadZone: 0.5 } as const;
const SETUP = { ...TEST_SETUP, streamId: 1, detail: CODING };
const { width, height, outWidth, outHeight } = SETUP;
const FRAMES = 12;

let judged: DetailVerdict[];
let keyframesWanted: number;
let uncheckable: Quality[];
let framesSent: number;

beforeEach(() => {
  framesSent = 0;
  judged = [];
  keyframesWanted = 0;
  uncheckable = [];
});

const upscaleHere: UpscaleTile = async (params, data) =>
  new Uint8Array(upscaleReference({ ...params, data }, { ...params, quality: 'spatial' }));

function newCheck(random = seededRandom(1), upscaleTile = upscaleHere): RecomputationCheck {
  return new RecomputationCheck({
    setup: SETUP,
    history: new DetailHistory(),
    now: () => performance.now(),
    random,
    upscaleTile,
    requestKeyframe: () => keyframesWanted++,
    onJudged: (verdict) => judged.push(verdict),
    onUncheckable: (quality) => uncheckable.push(quality),
  });
}

async function encoded(): Promise<Packet[]> {
  const packets: Packet[] = [];
  const encoder = new FrameEncoder<number>(
    { codec: 'vp8', width, height, fps: 30, kbps: 1_000 },
    { onPacket: (packet) => packets.push(packet), onSkipped: () => {}, onError: () => expect.unreachable() },
  );
  for (const frame of movingFrames(FRAMES, width, height, 30)) {
    encoder.encode(frame, 0);
    frame.close();
  }
  await expect.poll(() => packets.length).toBe(FRAMES);
  encoder.dispose();
  return packets;
}

/** Encodes frames as a gamer does. One such run begins with a keyframe and follows those before it. */
async function nextRun(): Promise<{ packet: Packet; frameId: number }[]> {
  const first = framesSent;
  framesSent += FRAMES;
  const packets = await encoded();
  return packets.map((packet, n) => ({ packet: { ...packet, sequence: first + n }, frameId: first + n }));
}

/** Decodes frames as a volunteer does, and passes the detail that `answer` makes of the honest one and of the frame's number in its run. */
async function run(
  check: RecomputationCheck,
  answer: (codes: Uint8Array, number: number) => Uint8Array,
): Promise<void> {
  const decoded: VideoFrame[] = [];
  const decoder = new FrameDecoder<number>('vp8', { width, height }, () => 0, {
    onFrame: (frame) => decoded.push(frame),
    onUndecoded: () => expect.unreachable(),
    onKeyframeNeeded: () => expect.unreachable(),
    onError: () => expect.unreachable(),
    onOversized: () => expect.unreachable(),
  });
  for (const { packet, frameId } of await nextRun()) {
    check.packetSent(packet, frameId);
    decoder.decode(packet, frameId);
    await expect.poll(() => decoded.length).toBe(1);
    const frame = decoded.pop();
    if (!frame) return;
    const codes = await detailOf(frame);
    frame.close();
    // Its own decoder is as fast.
    await new Promise((resolve) => setTimeout(resolve, 15));
    check.received(frameId, answer(codes, frameId % FRAMES), 'spatial');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  decoder.dispose();
}

/** A machine that stands still for a moment checks nothing of a run: the next one tells. */
const verdictOf = (check: RecomputationCheck, answer: Parameters<typeof run>[1]) =>
  expect.poll(async () => {
    await run(check, answer);
    return judged.at(-1);
  });

async function detailOf(frame: VideoFrame): Promise<Uint8Array> {
  const source = await new RgbaReader().read(frame);
  const sharp = upscaleReference(source, { outWidth, outHeight, quality: 'spatial' });
  const codes = new Uint8Array(outWidth * outHeight);
  for (const _ of detailRows(source, { width: outWidth, height: outHeight, data: sharp }, CODING, codes));
  return codes;
}

test('honest detail, weakened by a codec, is helpful', async () => {
  const check = newCheck();
  await verdictOf(check, (codes) => codes.map((code) => 128 + Math.round(0.6 * (code - 128)))).toBeDefined();
  check.dispose();
  expect(new Set(judged)).toEqual(new Set(['helpful']));
});

test.each<[string, DetailVerdict, (codes: Uint8Array) => Uint8Array]>([
  ['nothing', 'useless', (codes) => codes.map(() => 128)],
  ['the opposite', 'wrong', (codes) => codes.map((code) => 256 - code)],
  ['a bright veil', 'wrong', (codes) => codes.map(() => 235)],
])('a volunteer that adds %s is found out: %s', async (_, verdict, cheat) => {
  const check = newCheck();
  await verdictOf(check, cheat).toBe(verdict);
  check.dispose();
});

test('a volunteer that behaves for a while after each keyframe is found out too', async () => {
  const check = newCheck(() => 0.02);
  await verdictOf(check, (codes, number) => (number < FRAMES / 2 ? codes : codes.map((code) => 256 - code))).toBe(
    'wrong',
  );
  check.dispose();
});

test('a volunteer that answers before this machine has decoded the frame is checked all the same', async () => {
  const check = newCheck();
  const verdict = async () => {
    for (const { packet, frameId } of await nextRun()) {
      check.packetSent(packet, frameId);
      check.received(frameId, new Uint8Array(outWidth * outHeight).fill(235), 'spatial');
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    return judged.at(-1);
  };
  await expect.poll(verdict).toBe('wrong');
  check.dispose();
});

test('a volunteer that claims a quality which this machine cannot compute does not go unchecked: the quality is reported', async () => {
  const check = newCheck(seededRandom(1), async () => {
    throw new MeshError('unknown-model', 'as the test wants it');
  });
  const reported = async () => {
    await run(check, (codes) => codes);
    return uncheckable.length;
  };
  await expect.poll(reported).toBeGreaterThan(0);
  check.dispose();
  expect(new Set(uncheckable)).toEqual(new Set(['spatial']));
});

test('runs begin at keyframes, which are asked for only when none was sent for long', async () => {
  const check = newCheck();
  const delta: Packet = { sequence: 1, timestampUs: 0, keyframe: false, color: null, data: new Uint8Array(8) };
  for (let frameId = 0; frameId < 50; frameId++) check.packetSent(delta, frameId);
  check.dispose();
  expect(keyframesWanted).toBe(1);
});

test('a volunteer whose detail was doubtful is checked at once, and closely: a run begins with the next packet', async () => {
  const check = newCheck();
  const delta: Packet = { sequence: 1, timestampUs: 0, keyframe: false, color: null, data: new Uint8Array(8) };
  for (let frameId = 0; frameId < 5; frameId++) check.packetSent(delta, frameId);
  expect(keyframesWanted).toBe(1);
  check.suspect(null);
  for (let frameId = 5; frameId < 10; frameId++) check.packetSent(delta, frameId);
  check.dispose();
  expect(keyframesWanted).toBe(2);
});

test('what was written into a corner is found by a check that is told to look there', async () => {
  const check = newCheck();
  check.suspect({ x: 1, y: 1 });
  await verdictOf(check, (codes) =>
    codes.map((code, at) => (at % outWidth > outWidth - 32 && at / outWidth > outHeight - 32 ? 128 + 80 : code)),
  ).toBe('wrong');
  check.dispose();
});
