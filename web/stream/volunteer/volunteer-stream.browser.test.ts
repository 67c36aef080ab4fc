import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { VideoMessage } from '../../../shared/messages.ts';
import { deliver, TestPort } from '../../net/test-channel.ts';
import type { Codec } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import { FrameEncoder } from '../codec/frame-encoder.ts';
import { DetailReader } from '../compose/detail-reader.ts';
import { sizeOf } from '../frame-size.ts';
import { TEST_SETUP } from '../gamer/test-setup.ts';
import { VideoChannel } from '../transport/video-channel.ts';
import { canvasEngine } from '../upscale/test-frame-engine.ts';
import { StreamMemory } from './stream-memory.ts';
import { CHANGE_INTERVAL_MS } from './volunteer-stream.ts';
import { VolunteerStreams } from './volunteer-streams.ts';

const SETUP = { ...TEST_SETUP, streamId: 1 };

/** The volunteer's end of a stream, and a gamer's end that records messages. */
let near: TestPort;
let far: TestPort;
let streams: VolunteerStreams;
let channel: VideoChannel;
let messages: VideoMessage[];
let sizes: number[][];
let decoder: FrameDecoder<number>;
let closedWith: unknown[];
let nowMs: number;
const now = () => nowMs;

beforeEach(async () => {
  near = new TestPort();
  far = new TestPort();
  messages = [];
  sizes = [];
  closedWith = [];
  nowMs = 1_000;
  streams = new VolunteerStreams({
    ...{ port: far, engine: canvasEngine, memory: new StreamMemory(), now, carriesDetail: async () => true },
    onFailed: () => {},
    onClosed: (error) => closedWith.push(error),
  });
  channel = new VideoChannel(near, now, () => {});
  decoder = new FrameDecoder<number>('vp8', { width: SETUP.outWidth, height: SETUP.outHeight }, now, {
    onFrame(frame) {
      const { width, height } = sizeOf(frame);
      sizes.push([width, height]);
      frame.close();
    },
    onUndecoded: () => {},
    onKeyframeNeeded: () => {},
    onError: () => {},
    onOversized: () => {},
  });
  channel.listen(SETUP.streamId, {
    onMessage({ message, attachments: [data] }) {
      messages.push(message);
      if (message.kind === 'answer' && data) decoder.decode({ ...message, data }, message.frameId);
    },
    onLost: () => {},
  });
  await streams.setup(SETUP);
});

afterEach(() => {
  streams.dispose();
  channel.close();
  decoder.dispose();
});

/** Encodes a frame of this size and sends it. */
function send(
  width: number,
  height: number,
  frameId: number,
  codec: Codec = 'vp8',
  streamId: number = SETUP.streamId,
): void {
  const encoder = new FrameEncoder<number>(
    { codec, width, height, fps: 30, kbps: 1_000 },
    {
      onPacket({ data, ...packet }) {
        channel.trySendFrame({ kind: 'frame', streamId, frameId, ...packet }, data, 1_000);
        encoder.dispose();
      },
      onSkipped: () => {},
      onError: () => {},
    },
  );
  const frame = new VideoFrame(new Uint8Array(4 * width * height), {
    format: 'RGBX',
    codedWidth: width,
    codedHeight: height,
    timestamp: 1_000 * frameId,
  });
  encoder.encode(frame, frameId);
  frame.close();
}

/** The answer to a frame, other than its acknowledgement. */
function answerTo(frameId: number) {
  deliver(near, far);
  deliver(far, near);
  return messages.find((message) => message.kind !== 'ack' && 'frameId' in message && message.frameId === frameId);
}

test('an answer has the requested size and reports the downlink rate', async () => {
  send(64, 36, 1);
  await expect.poll(() => answerTo(1)).toMatchObject({ kind: 'answer', downlinkKbps: 1_000 });
  await expect.poll(() => sizes).toEqual([[128, 72]]);
  expect(messages.filter(({ kind }) => kind === 'ack')).toHaveLength(1);
});

test('a frame that was sent smaller is answered in the same size', async () => {
  send(64, 36, 1);
  await expect.poll(() => answerTo(1)).toMatchObject({ kind: 'answer' });
  nowMs += CHANGE_INTERVAL_MS;
  send(32, 18, 2);
  await expect.poll(() => answerTo(2)).toMatchObject({ kind: 'answer' });
  await expect
    .poll(() => sizes)
    .toEqual([
      [128, 72],
      [128, 72],
    ]);
});

test('frames that alternate between two sizes have room made for another one at most once in 200 ms', async () => {
  const wide = [64, 36] as const;
  const small = [32, 18] as const;
  const asked: string[] = [];
  for (const [frameId, [width, height]] of [wide, small, wide, small].entries()) {
    send(width, height, frameId);
    await expect.poll(() => answerTo(frameId)).toBeDefined();
    const answer = answerTo(frameId);
    asked.push(answer?.kind === 'dropped' ? answer.why : (answer?.kind ?? ''));
  }
  expect(asked).toEqual(['answer', 'volunteer-busy', 'answer', 'volunteer-busy']);
  nowMs += CHANGE_INTERVAL_MS;
  send(...small, 9);
  await expect.poll(() => answerTo(9)).toMatchObject({ kind: 'answer' });
});

test('the first frame larger than the setup ends the link, without being decoded', async () => {
  send(128, 72, 1);
  await expect
    .poll(() => {
      deliver(near, far);
      return closedWith;
    })
    .toMatchObject([{ reason: 'malformed' }]);
  expect(far.closeCalls).toBe(1);
});

test('a frame that is too small for the largest scale is dropped', async () => {
  send(16, 10, 1);
  await expect.poll(() => answerTo(1)).toMatchObject({ kind: 'dropped', why: 'undecodable' });
});

test.each(['bilinear', 'bicubic'] as const)(
  'detail of %s, which is no better than its base, is not sent',
  async (quality) => {
    streams.close(SETUP.streamId);
    await streams.setup({ ...SETUP, quality, detail: { base: 'bicubic', gain: 4, deadZone: 0.5 } });
    send(64, 36, 1);
    await expect.poll(() => answerTo(1)).toMatchObject({ kind: 'dropped', why: 'too-slow' });
  },
);

test.each<[Codec, (number | null)[]]>([
  ['av1', [128, 130, 130, 128, 130]],
  ['vp9', [128, 130, 130, 128, 130]],
  // It would gain nothing there.
  ['vp8', [130, 130, 130, 130, 130]],
])(
  'detail in %s begins with a keyframe that is in time, and so does it when one is asked for',
  async (codec, expected) => {
    const codes: (number | null)[] = [];
    const reader = new DetailReader({ width: SETUP.outWidth, height: SETUP.outHeight });
    const detailDecoder = new FrameDecoder<number>(codec, { width: SETUP.outWidth, height: SETUP.outHeight }, now, {
      async onFrame(frame) {
        codes.push((await reader.read(frame))[0] ?? null);
        frame.close();
      },
      onUndecoded: () => codes.push(null),
      ...{ onKeyframeNeeded: () => {}, onError: () => {}, onOversized: () => {} },
    });
    channel.listen(2, {
      onMessage({ message, attachments: [data] }) {
        messages.push(message);
        if (message.kind === 'answer' && data) detailDecoder.decode({ ...message, data }, message.frameId);
      },
      onLost: () => {},
    });
    await streams.setup({ ...SETUP, streamId: 2, codec, detail: { base: 'bicubic', gain: 4, deadZone: 0.5 } });
    for (let frameId = 1; frameId <= expected.length; frameId++) {
      if (frameId === 4) channel.trySendNote({ kind: 'keyframe-request', streamId: 2 });
      send(64, 36, frameId, codec, 2);
      await expect.poll(() => answerTo(frameId)).toMatchObject({ kind: 'answer', keyframe: frameId % 3 === 1 });
      await expect.poll(() => codes.length).toBe(frameId);
    }
    expect(codes).toEqual(expected);
    detailDecoder.dispose();
  },
);

test('a flood of changed settings configures the encoder once; the next frame gets the newest', async () => {
  const configure = vi.spyOn(VideoEncoder.prototype, 'configure');
  try {
    for (let n = 0; n < 100; n++) await streams.setup({ ...SETUP, fps: 24 - (n % 10) });
    expect(configure.mock.calls.map(([{ framerate }]) => framerate)).toEqual([24]);
    nowMs += CHANGE_INTERVAL_MS;
    send(64, 36, 1);
    await expect.poll(() => answerTo(1)).toMatchObject({ kind: 'answer' });
    expect(configure.mock.calls.map(([{ framerate }]) => framerate)).toContain(15);
  } finally {
    configure.mockRestore();
  }
});
