import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { colorSpaceOf, yuvFrame } from '../../compute/painted-frames.ts';
import { sizeOf } from '../frame-size.ts';
import { type Codec, isCodecUsable, rankedCodecs } from './codecs.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { FrameEncoder, type Packet } from './frame-encoder.ts';
import { CHECKSUM_BYTES, verifiedFrame, writeChecksum } from './packet-checksum.ts';
import { maxPacketBytes, sizesIn } from './packet-size.ts';
import { holdBackPackets } from './test-withholding.ts';

const SIZE = { width: 64, height: 36 };
const SMALLER = { width: 32, height: 18 };
const now = () => performance.now();
const WAIT = { timeout: 60_000, interval: 5 };

let packets: Packet[];
let frames: { number: number; color: number[] }[];
let undecoded: [number, string][];
let keyframeRequests: number;
let errors: unknown[];
let misfits: unknown[];
let encoder: FrameEncoder<number>;
let decoder: FrameDecoder<number>;

beforeEach(() => {
  packets = [];
  frames = [];
  undecoded = [];
  keyframeRequests = 0;
  errors = [];
  misfits = [];
  encoder = newEncoder('vp8');
  decoder = new FrameDecoder('vp8', SIZE, now, {
    onFrame(frame, number) {
      expect(sizeOf(frame)).toEqual(SIZE);
      expect(frame.timestamp).toBe(timestampUs(number));
      frames.push({ number, color: centerColor(frame) });
      frame.close();
    },
    onUndecoded: (number, cause) => undecoded.push([number, cause]),
    onKeyframeNeeded: () => {
      keyframeRequests++;
    },
    onError: (error) => errors.push(error),
    onOversized: (error) => misfits.push(error),
  });
});

afterEach(() => {
  encoder.dispose();
  decoder.dispose();
});

test('VP8 is supported, and every codec reported as supported is usable', async () => {
  const codecs = await rankedCodecs();
  expect(codecs).toContain('vp8');
  for (const codec of codecs) expect(await isCodecUsable(codec, SIZE, SIZE)).toBe(true);
});

test('frames are decoded unchanged and in order, the first from a keyframe', async () => {
  await encode(0, 1, 2);
  for (const [number, packet] of packets.entries()) decoder.decode(packet, number);
  await vi.waitUntil(() => frames.length === 3, WAIT);
  expect(packets.map(({ keyframe }) => keyframe)).toEqual([true, false, false]);
  expect(packets.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
  frames.forEach(({ number, color }, i) => {
    expect(number).toBe(i);
    for (const [channel, value] of colorOf(i).entries())
      expect(Math.abs((color[channel] ?? 0) - value)).toBeLessThan(12);
  });
});

test('every codec can change its frame size from one frame to the next', async () => {
  for (const codec of await rankedCodecs()) {
    packets = [];
    const sizes: number[][] = [];
    encoder.dispose();
    encoder = newEncoder(codec);
    const resized = new FrameDecoder<number>(codec, SIZE, now, {
      onFrame(frame) {
        const { width, height } = sizeOf(frame);
        sizes.push([width, height]);
        frame.close();
      },
      onUndecoded: (number, cause) => undecoded.push([number, cause]),
      onKeyframeNeeded: () => {},
      onError: (error) => errors.push(error),
      onOversized: (error) => misfits.push(error),
    });
    await encode(0, 1);
    encoder.resize(SMALLER);
    await encode(2, 3);
    encoder.resize(SIZE);
    await encode(4);
    for (const [number, packet] of packets.entries()) resized.decode(packet, number);
    await vi.waitUntil(() => sizes.length === 5, WAIT);
    const [large, small] = [Object.values(SIZE), Object.values(SMALLER)];
    expect(sizes, codec).toEqual([large, large, small, small, large]);
    resized.dispose();
  }
  expect([errors, misfits, undecoded]).toEqual([[], [], []]);
});

test('the packets of every codec say their size, and a picture larger than agreed is never decoded', async () => {
  const large = { width: 128, height: 80 };
  for (const codec of await rankedCodecs()) {
    packets = [];
    misfits = [];
    encoder.dispose();
    encoder = newEncoder(codec, [], large);
    await encode(0, 1);
    const [key, delta] = packets.map(({ data }) => sizesIn(codec, verifiedFrame(data) ?? new Uint8Array(0)));
    expect([key, delta], codec).toEqual([[large], []]);
    const shown: unknown[] = [];
    const narrow = new FrameDecoder<number>(codec, SIZE, now, {
      onFrame: (frame) => shown.push(frame.close()),
      onUndecoded: (number, cause) => undecoded.push([number, cause]),
      onKeyframeNeeded: () => {},
      onError: (error) => errors.push(error),
      onOversized: (error) => misfits.push(error),
    });
    for (const [number, packet] of packets.entries()) narrow.decode(packet, number);
    expect(misfits, codec).toMatchObject([{ reason: 'malformed' }]);
    expect([shown, errors]).toEqual([[], []]);
  }
});

test('a packet larger than any picture of the agreed size ends the link, without being decoded', async () => {
  await encode(0);
  const [packet] = packets;
  if (!packet) throw new Error('no packet');
  for (const sizeBytes of [maxPacketBytes(SIZE), maxPacketBytes(SIZE) + 1]) {
    expect(misfits).toEqual([]);
    const data = new Uint8Array(sizeBytes + CHECKSUM_BYTES);
    data.set(verifiedFrame(packet.data) ?? []);
    writeChecksum(data);
    decoder.decode({ ...packet, data }, 0);
  }
  expect(misfits).toMatchObject([{ reason: 'malformed' }]);
});

test('a VP9 frame that hides behind another one in its packet is not decoded', async () => {
  const large = { width: 1_024, height: 768 };
  encoder.dispose();
  encoder = newEncoder('vp9');
  await encode(0, 1);
  encoder.dispose();
  encoder = newEncoder('vp9', [], large);
  await encode(2);
  const [key, delta, hidden] = packets.map((packet) => ({ ...packet, data: verifiedFrame(packet.data) }));
  if (!key?.data || !delta?.data || !hidden?.data) throw new Error('no packets');
  const sizes: unknown[] = [];
  const narrow = new FrameDecoder<number>('vp9', SIZE, now, {
    onFrame: (frame) => {
      sizes.push(sizeOf(frame));
      frame.close();
    },
    onUndecoded: (number, cause) => undecoded.push([number, cause]),
    onKeyframeNeeded: () => {},
    onError: (error) => errors.push(error),
    onOversized: (error) => misfits.push(error),
  });
  for (const [number, { data, ...packet }] of [key, delta].entries()) {
    const both = new Uint8Array([...(data ?? []), ...hidden.data, ...new Uint8Array(CHECKSUM_BYTES)]);
    writeChecksum(both);
    narrow.decode({ ...packet, data: both }, number);
  }
  await vi.waitUntil(() => sizes.length + misfits.length + undecoded.length >= 2, WAIT);
  expect([sizes, misfits, undecoded, errors]).toEqual([[SIZE, SIZE], [], [], []]);
  narrow.dispose();
});

test("VP8 and VP9 frames with a webcam's primaries are decoded as BT.709's, which shows the same colours", async () => {
  const webcam = colorSpaceOf('smpte170m', { primaries: 'smpte170m', transfer: 'smpte170m' });
  for (const codec of ['vp8', 'vp9'] as const) {
    packets = [];
    encoder.dispose();
    encoder = newEncoder(codec);
    const source = yuvFrame('I420', SIZE, webcam, () => [200, 40, 60]);
    const shown = centerColor(source);
    encoder.encode(source, 0);
    source.close();
    await vi.waitUntil(() => packets.length === 1, WAIT);
    const decoded: unknown[] = [];
    const colored = new FrameDecoder<number>(codec, SIZE, now, {
      onFrame(frame) {
        const { primaries, transfer, matrix } = frame.colorSpace;
        decoded.push({ primaries, transfer, matrix, shown: centerColor(frame) });
        frame.close();
      },
      onUndecoded: (number, cause) => undecoded.push([number, cause]),
      onKeyframeNeeded: () => {},
      onError: (error) => errors.push(error),
      onOversized: (error) => misfits.push(error),
    });
    const [packet] = packets;
    if (packet) colored.decode(packet, 0);
    await vi.waitUntil(() => decoded.length === 1, WAIT);
    expect(packet?.color, codec).toMatchObject({ primaries: 'smpte170m' });
    expect(decoded, codec).toEqual([{ primaries: 'bt709', transfer: 'smpte170m', matrix: 'smpte170m', shown }]);
    colored.dispose();
  }
});

test('after a lost packet a keyframe is requested, and nothing is shown until it arrives', async () => {
  await encode(0, 1, 2, 3);
  for (const number of [0, 2, 3]) feed(number);
  await vi.waitUntil(() => frames.length === 1, WAIT);
  expect(undecoded).toEqual([
    [2, 'packet-lost'],
    [3, 'packet-lost'],
  ]);
  // Requests are limited in rate: one for both.
  expect(keyframeRequests).toBe(1);

  encoder.requestKeyframe();
  await encode(4, 5);
  feed(4);
  feed(5);
  await vi.waitUntil(() => frames.length === 3, WAIT);
  expect(frames.map(({ number }) => number)).toEqual([0, 4, 5]);
});

test('after a packet of noise, frames are shown again from the next keyframe', async () => {
  await encode(0, 1);
  feed(0);
  const broken = packets[1];
  if (broken) decoder.decode({ ...broken, keyframe: true, data: noise() }, 1);
  await vi.waitUntil(() => keyframeRequests > 0, WAIT);
  encoder.requestKeyframe();
  await encode(2);
  feed(2);
  await vi.waitUntil(() => frames.some(({ number }) => number === 2), WAIT);
  expect(errors).toEqual([]);
});

test('a sender of nothing but noise fails the stream, not the page', async () => {
  await encode(0);
  const keyframe = packets[0];
  if (!keyframe) throw new Error('no packet');
  await vi.waitUntil(() => {
    decoder.decode({ ...keyframe, data: noise() }, 0);
    return errors.length > 0;
  }, WAIT);
  expect(errors[0]).toMatchObject({ reason: 'malformed' });
});

test('frames inside a codec are accounted for when it is disposed', async () => {
  const skipped: number[] = [];
  const closing = newEncoder('vp8', skipped);
  withFrame(0, (frame) => closing.encode(frame, 0));
  closing.dispose();
  expect(skipped).toEqual([0]);
  await encode(0);
  feed(0);
  decoder.dispose();
  expect([...undecoded, ...frames]).toHaveLength(1);
});

test('an encoder that takes frames and gives none out fails, so that another codec is tried', () => {
  holdBackPackets();
  const withholding = newEncoder('vp8');
  for (let asked = 0; errors.length === 0; asked++) {
    if (asked < 3) withFrame(asked, (frame) => withholding.encode(frame, asked));
    withholding.checkStall(100 * asked);
  }
  expect(errors).toMatchObject([{ reason: 'unsupported-browser' }]);
  withholding.dispose();
});

test('a decoder that takes frames and gives none out fails too', async () => {
  let nowMs = 0;
  const decoding = vi.spyOn(VideoDecoder.prototype, 'decode').mockImplementation(() => {});
  const withholding = new FrameDecoder<number>('vp8', SIZE, () => nowMs, {
    onFrame: (frame) => frame.close(),
    onUndecoded: (number, cause) => undecoded.push([number, cause]),
    onKeyframeNeeded: () => {},
    onError: (error) => errors.push(error),
    onOversized: (error) => misfits.push(error),
  });
  await encode(0);
  const [packet] = packets;
  if (!packet) throw new Error('no packet');
  for (; errors.length === 0; nowMs += 250) withholding.decode(packet, 0);
  decoding.mockRestore();
  expect(errors).toMatchObject([{ reason: 'unsupported-browser' }]);
});

function newEncoder(codec: Codec, skipped: number[] = [], size = SIZE): FrameEncoder<number> {
  const settings = { codec, ...size, fps: 30, kbps: 1_000 };
  return new FrameEncoder(settings, {
    onPacket: (packet) => packets.push(packet),
    onSkipped: (number) => skipped.push(number),
    onError: (error) => errors.push(error),
  });
}

async function encode(...numbers: number[]): Promise<void> {
  const wanted = packets.length + numbers.length;
  for (const number of numbers) withFrame(number, (frame) => encoder.encode(frame, number));
  await vi.waitUntil(() => packets.length === wanted, WAIT);
}

function feed(number: number): void {
  const packet = packets.find((one) => one.timestampUs === timestampUs(number));
  if (packet) decoder.decode(packet, number);
}

/** Noise with a valid checksum, so that the decoder has to reject it. */
function noise(): Uint8Array {
  const data = new Uint8Array(40).fill(0xff);
  writeChecksum(data);
  return data;
}

function withFrame(number: number, use: (frame: VideoFrame) => void): void {
  const canvas = new OffscreenCanvas(SIZE.width, SIZE.height);
  const context = canvas.getContext('2d');
  if (context) context.fillStyle = `rgb(${colorOf(number).join(' ')})`;
  context?.fillRect(0, 0, SIZE.width, SIZE.height);
  const frame = new VideoFrame(canvas, { timestamp: timestampUs(number) });
  use(frame);
  frame.close();
}

function timestampUs(number: number): number {
  return 1_000 + number * 33_333;
}

function colorOf(number: number): number[] {
  return [200 - 30 * number, 60, 40 + 30 * number];
}

function centerColor(frame: VideoFrame): number[] {
  const context = new OffscreenCanvas(SIZE.width, SIZE.height).getContext('2d');
  context?.drawImage(frame, 0, 0);
  return [...(context?.getImageData(SIZE.width / 2, SIZE.height / 2, 1, 1).data ?? [])].slice(0, 3);
}
