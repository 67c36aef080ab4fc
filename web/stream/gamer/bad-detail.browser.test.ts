// Protects: whatever a volunteer sends as detail, the picture stays this machine's own, and honest detail that comes after it is shown.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MAX_ADDED_LEVELS, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { ColorSpace } from '../../../shared/messages.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { deliver, TestPort } from '../../net/test-channel.ts';
import type { Codec } from '../codec/codecs.ts';
import { FrameEncoder } from '../codec/frame-encoder.ts';
import type { Composer } from '../compose/composer.ts';
import { WasmComposer } from '../compose/wasm-composer.ts';
import type { StreamSize } from '../frame-size.ts';
import { toStreamSettings } from '../settings.ts';
import { VideoChannel } from '../transport/video-channel.ts';
import { canvasEngine } from '../upscale/test-frame-engine.ts';
import { DetailHistories } from '../verify/detail-history.ts';
import { noUpscaleTile } from '../verify/test-upscale-tile.ts';
import { GamerStream } from './gamer-stream.ts';
import type { StreamEvent } from './stream-types.ts';
import { TEST_SETUP } from './test-setup.ts';

const GAIN = 4;
const QUALITY = 'balanced';
/** Stripes of two columns each: luma is as far from grey as this, to both sides in turn. */
const [GREY, CONTRAST] = [128, 20];
/** An honest volunteer's code on bright stripes, which is as far from none on dark ones. */
const CODE = 168;
/** Another one that would be as plausible. */
const OTHER = 200;
const DETAIL_COLOR = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const;
const INTERVAL_MS = 33;

let clock: ManualClock;
let source: ReadableStreamDefaultController<VideoFrame>;
let canvas: OffscreenCanvas;
let stream: GamerStream;
let events: StreamEvent[];
let eventPort: MessagePort;
let gamerEnd: TestPort;
let volunteerEnd: TestPort;
let gamerChannel: VideoChannel;
let volunteerChannel: VideoChannel;
/** Frames that came to the volunteer. */
let asked: number[];
/** Code that was added in the middle of each picture that was drawn, a bright stripe; {@link NO_DETAIL_CODE} where none was. */
let added: number[];
/** Brightness there. */
let levels: number[];

beforeEach(async () => {
  clock = new ManualClock(1_000);
  const now = () => clock.now();
  [gamerEnd, volunteerEnd] = [new TestPort(), new TestPort()];
  gamerChannel = new VideoChannel(gamerEnd, now, (error) => error && stream.volunteerLost('vera', error));
  volunteerChannel = new VideoChannel(volunteerEnd, now, () => {});
  [asked, added, levels, events] = [[], [], [], []];
  const { port1, port2 } = new MessageChannel();
  eventPort = port1;
  port1.onmessage = ({ data }: MessageEvent<StreamEvent>) => events.push(data);
  canvas = new OffscreenCanvas(1, 1);
  const composer = recording(await WasmComposer.open());
  stream = new GamerStream({
    frames: new ReadableStream({
      start(controller) {
        source = controller;
      },
    }),
    histories: new DetailHistories(),
    ...{ first: null, canvas, events: port2, clock, random: () => 0.5, upscaleTile: noUpscaleTile },
    settings: toStreamSettings({ where: 'volunteers', patience: 0 }, 'volunteers'),
    engine: async () => canvasEngine,
    openComposer: async () => composer,
    videoChannelOf: () => gamerChannel,
    onClosed: () => {},
  });
  await show(64, 36);
  help(1, TEST_SETUP);
  await expect.poll(() => added.length).toBeGreaterThan(0);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await stream.close();
  gamerChannel.close();
  volunteerChannel.close();
  eventPort.close();
});

interface Answer {
  code?: number;
  /** The same code everywhere, whatever the frame shows. */
  isVeil?: boolean;
  width?: number;
  height?: number;
  codec?: Codec;
  /** What it says it is. */
  quality?: Quality;
  color?: ColorSpace;
}

const BAD: [string, (frameId: number) => Promise<void>][] = [
  ['of another size', (frameId) => answer(frameId, { code: OTHER, width: 64, height: 36 })],
  ['of a better quality than was asked for', (frameId) => answer(frameId, { quality: 'quality', code: OTHER })],
  ['of something else than its frame', (frameId) => answer(frameId, { isVeil: true, code: 160 })],
  ['of codes that no honest volunteer sends, 0', (frameId) => answer(frameId, { isVeil: true, code: 0 })],
  ['of codes that no honest volunteer sends, 255', (frameId) => answer(frameId, { isVeil: true, code: 255 })],
];

test.each(BAD)('detail %s is not shown, and the detail of the next frame is', async (_, misbehave) => {
  await misbehave(await nextAsked());
  await exchange();
  await answer(await nextAsked(), {});
  await expectAdded(CODE);
  expectNothingElse(CODE);
  expect(events.map(({ kind }) => kind)).not.toContain('volunteer-failed');
});

test('detail that comes after that of a newer frame does not replace it', async () => {
  const [older, newer] = [await nextAsked(), await nextAsked()];
  await answer(newer, {});
  await expectAdded(CODE);
  await answer(older, { code: OTHER });
  await exchange();
  await show(64, 36);
  await expect.poll(() => added.length).toBeGreaterThan(3);
  expectNothingElse(CODE);
});

test.each<[string, (frameId: number) => Promise<void>]>([
  ['of a frame that was never sent', (frameId) => answer(frameId + 100, { code: OTHER })],
  [
    'that comes twice',
    async (frameId) => {
      await answer(frameId, { code: NO_DETAIL_CODE });
      await answer(frameId, { code: OTHER });
    },
  ],
])('detail %s ends the link, is never decoded, and the picture goes on', async (_, misbehave) => {
  await misbehave(await nextAsked());
  const decode = vi.spyOn(VideoDecoder.prototype, 'decode');
  await exchange();
  expect(decode.mock.calls.length).toBeLessThan(2);
  await expectEnded('“Vera” sent back a frame');
  expect(gamerEnd.readyState).toBe('closed');
});

test('a keyframe of no detail, upon which later detail is coded, does not count as detail', async () => {
  await answer(await nextAsked(), { code: NO_DETAIL_CODE });
  await exchange();
  await answer(await nextAsked(), {});
  await expectAdded(CODE);
  expect(stream.stats().framesWithDetail).toBe(1);
});

test('detail that is declared to be in full range is the same data', async () => {
  await answer(await nextAsked(), { color: { ...DETAIL_COLOR, fullRange: true } });
  await expectAdded(CODE);
});

test('detail as strong as can be, where the frame has edges, changes no pixel by more than the bound', async () => {
  const [plain = 0] = levels;
  await answer(await nextAsked(), { code: 255 });
  await expect
    .poll(() => {
      deliver(volunteerEnd, gamerEnd);
      return Math.abs(level() - plain);
    })
    .toBeGreaterThan(10);
  expect(Math.max(...levels.map((each) => Math.abs(each - plain)))).toBeLessThanOrEqual(MAX_ADDED_LEVELS);
});

test.each<[string, Answer]>([
  ['larger than agreed', { width: 256, height: 144 }],
  // What it says where the agreed codec has its size is taken for one.
  ['in another codec', { codec: 'vp9' }],
])('detail %s ends the volunteer’s stream with a sentence, and the picture goes on', async (_, bad) => {
  await answer(await nextAsked(), { code: OTHER, ...bad });
  await exchange();
  await expectEnded('larger than agreed');
});

test.each(['bilinear', 'bicubic'] as const)(
  'detail of %s, of which there is none, bars its volunteer and is not shown',
  async (quality) => {
    await answer(await nextAsked(), { quality });
    await exchange();
    await expectEnded('Vera');
  },
);

test('detail of a better quality is shown once the stream allows that', async () => {
  stream.set({ quality: 'quality' });
  await answer(await nextAsked(), { quality: 'quality' });
  await expectAdded(CODE);
});

test('detail that comes after the source changed its size is not shown, and that of the new size is', async () => {
  const frameId = await nextAsked();
  await show(80, 40);
  await expect.poll(() => [canvas.width, canvas.height]).toEqual([160, 80]);
  await answer(frameId, { code: OTHER });
  await exchange();
  help(2, { width: 80, height: 40, outWidth: 160, outHeight: 80 });
  await answer(await nextAsked(80, 40), { width: 160, height: 80 }, 2);
  await expectAdded(CODE);
  expectNothingElse(CODE);
});

/** A volunteer is set up. */
function help(streamId: number, size: StreamSize): void {
  const detail = { base: 'bicubic', gain: GAIN, deadZone: 0.5 } as const;
  volunteerChannel.listen(streamId, {
    onMessage: ({ message }) => void (message.kind === 'frame' && asked.push(message.frameId)),
    onLost: () => {},
  });
  stream.addVolunteer({
    volunteerId: 'vera',
    name: 'Vera',
    setup: { ...TEST_SETUP, ...size, streamId, quality: QUALITY, detail },
    predictedMs: 5,
  });
}

/** The source gives a frame. */
async function show(width: number, height: number): Promise<void> {
  clock.advance(INTERVAL_MS);
  const pixels = new Uint8Array(4 * width * height);
  for (let at = 0; at < pixels.length; at++) pixels[at] = GREY + CONTRAST * signAt(Math.floor(at / 4) % width);
  source.enqueue(
    new VideoFrame(pixels, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp: clock.now() * 1_000 }),
  );
  await exchange();
}

/** Id of the next frame of the source, once the volunteer has it. */
async function nextAsked(width = 64, height = 36): Promise<number> {
  const before = asked.length;
  await show(width, height);
  await expect
    .poll(() => {
      deliver(gamerEnd, volunteerEnd);
      return asked.length;
    })
    .toBeGreaterThan(before);
  return asked.at(-1) ?? -1;
}

/** Of a column of the source: bright or dark. The width of every source is a multiple of a pair of stripes. */
function signAt(column: number): 1 | -1 {
  return column % 4 < 2 ? 1 : -1;
}

/** Sends an answer once it is encoded: a keyframe of its own. */
async function answer(
  frameId: number,
  { code = CODE, isVeil = false, width = 128, height = 72, codec = 'vp8', quality = QUALITY, color }: Answer,
  streamId = 1,
): Promise<void> {
  const stages = { queueMs: 0, decodeMs: 1, computeMs: 1, encodeMs: 1, totalMs: 3 };
  let sent = () => {};
  const isSent = new Promise<void>((resolve) => {
    sent = resolve;
  });
  const encoder = new FrameEncoder<number>(
    { codec, width, height, fps: 30, kbps: 20_000 },
    {
      onPacket({ data, ...packet }) {
        const given = { ...packet, color: color ?? packet.color, stages, quality, lowered: null } as const;
        const message = { kind: 'answer', streamId, frameId, ...given, downlinkKbps: 1_000 } as const;
        volunteerChannel.trySendFrame(message, data, 20_000);
        encoder.dispose();
        sent();
      },
      onSkipped: () => {},
      onError: () => {},
    },
  );
  const planes = new Uint8Array(width * height * 1.5).fill(128);
  for (let at = 0; at < width * height; at++) {
    const sign = isVeil ? 1 : signAt(Math.floor((at % width) / 2));
    planes[at] = NO_DETAIL_CODE + sign * (code - NO_DETAIL_CODE);
  }
  const frame = new VideoFrame(planes, {
    ...{ format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0 },
    colorSpace: DETAIL_COLOR,
  });
  encoder.encode(frame, frameId);
  frame.close();
  await isSent;
}

/** Delivers what both ends send until they have been quiet for a while. */
async function exchange(): Promise<void> {
  for (let quiet = 0; quiet < 4; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    quiet = deliver(gamerEnd, volunteerEnd) + deliver(volunteerEnd, gamerEnd) > 0 ? 0 : quiet + 1;
  }
}

async function expectAdded(code: number): Promise<void> {
  await expect
    .poll(() => {
      deliver(volunteerEnd, gamerEnd);
      return isNear(added.at(-1) ?? Number.NaN, code);
    })
    .toBe(true);
}

/** The volunteer's stream ended with such a sentence, and the picture goes on without it. */
async function expectEnded(sentence: string): Promise<void> {
  await expect
    .poll(() => events.find(({ kind }) => kind === 'volunteer-failed'))
    .toMatchObject({ error: { reason: 'verify-failed', message: expect.stringContaining(sentence) } });
  const drawn = added.length;
  await show(64, 36);
  await expect.poll(() => added.length).toBeGreaterThan(drawn);
  expectNothingElse();
}

/** No picture had other detail than these codes, or none. */
function expectNothingElse(...codes: number[]): void {
  expect(added.filter((code) => ![NO_DETAIL_CODE, ...codes].some((allowed) => isNear(code, allowed)))).toEqual([]);
}

/** Codecs may miss a code by some. */
function isNear(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= 6;
}

function level(): number {
  const { data } = canvas.getContext('2d')?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1) ?? {};
  return data?.[0] ?? Number.NaN;
}

/** Notes what is added to every picture. */
function recording(composer: Composer): Composer {
  return {
    name: composer.name,
    load: (frame) => composer.load(frame),
    async compose(raw, detail, target) {
      await composer.compose(raw, detail, target);
      const { width, height } = target.canvas;
      added.push(detail?.codes[(height / 2) * width + width / 2] ?? NO_DETAIL_CODE);
      levels.push(level());
    },
    dispose: () => composer.dispose(),
  };
}
