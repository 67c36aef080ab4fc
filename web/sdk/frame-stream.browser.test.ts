import * as Comlink from 'comlink';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import type { TestGamerApi } from '../stream/gamer/test-gamer.worker.ts';
import {
  linkVolunteer,
  type TestVolunteerLink,
  type TestVolunteerOptions,
} from '../stream/volunteer/test-volunteer-link.ts';
import { type FrameStream, openFrameStream, type StreamDeps, type StreamOptions } from './frame-stream.ts';
import { framesSharpenedHere, STILLS } from './test-stream-rig.ts';
import './worker-errors.ts';

const WIDTH = 64;
const HEIGHT = 36;
const LEFT_COLOR = [200, 40, 40];
/** Slow enough that detail comes in time for most frames on a busy machine too. */
const MAX_FPS = 15;

let worker: Worker;
let remote: Comlink.Remote<TestGamerApi>;
let source: HTMLCanvasElement;
let linked: TestVolunteerLink[];
let linksChanged: () => void;
let open: FrameStream[];

beforeEach(() => {
  worker = new Worker(new URL('../stream/gamer/test-gamer.worker.ts', import.meta.url), { type: 'module' });
  remote = Comlink.wrap<TestGamerApi>(worker);
  source = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  linked = [];
  linksChanged = () => {};
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((stream) => stream.close()));
  for (const { leave } of linked) leave();
  worker.terminate();
});

test.each(['detail', 'picture'] as const)(
  'with the transport `%s` a volunteer’s frames are shown, twice as large and with the right content',
  async (transport) => {
    const volunteer = await newVolunteer();
    const stream = await openOn(animated(), { where: 'volunteers', transport, maxFps: MAX_FPS });
    await vi.waitUntil(() => stream.stats().shares.length > 0 && stream.stats().framesPresented > 5, WAIT);

    await expectPicture(stream, 2);
    // A volunteer that is late for a moment has no share of the stream.
    await expect
      .poll(() => stream.stats())
      .toMatchObject({ running: 'volunteers', codec: 'vp8', shares: [{ volunteerId: 'volunteer-1' }] });
    expect(stream.stats().framesSent).toBeGreaterThan(0);
    expect(stream.stats().framesWithDetail > 0).toBe(transport === 'detail');
    expect(await volunteer.volunteer.framesDone).toBeGreaterThan(0);
  },
);

test('most of the frames of a moving source are shown with their own detail', async () => {
  await newVolunteer({ computeMs: 5 });
  const stream = await openOn(animated(), { where: 'volunteers', maxFps: MAX_FPS });
  await vi.waitUntil(() => stream.stats().framesWithDetail > 10, WAIT);
  const shareOfNext = async () => {
    const before = stream.stats();
    await vi.waitUntil(() => stream.stats().framesPresented > before.framesPresented + 30, WAIT);
    const { framesWithDetail, framesPresented } = stream.stats();
    return (framesWithDetail - before.framesWithDetail) / (framesPresented - before.framesPresented);
  };
  await expect.poll(shareOfNext).toBeGreaterThan(0.5);
  const { gainDb, detailAgeMs } = stream.stats();
  expect(gainDb).not.toBeNull();
  expect(detailAgeMs.p95).toBeGreaterThanOrEqual(detailAgeMs.p50);
});

test('the stages of a volunteer’s frames add up to glass-to-glass time, and none is negative', async () => {
  await newVolunteer();
  const stream = await openOn(animated(), { where: 'volunteers' });
  await vi.waitUntil(() => stream.stats().shares[0]?.share === 1 || stream.stats().framesPresented > 60, WAIT);

  const { stagesMs, glassToGlassMs } = stream.stats();
  expect(stagesMs.reduce((sum, { p50 }) => sum + p50, 0)).toBeCloseTo(glassToGlassMs.p50, 6);
  for (const { p50 } of stagesMs) expect(p50).toBeGreaterThanOrEqual(0);
});

test('when the only volunteer leaves, frames are only enlarged where volunteers were chosen, and sharpened here otherwise', async () => {
  const volunteer = await newVolunteer();
  const stream = await openOn(animated(), { where: 'volunteers' });
  await vi.waitUntil(() => stream.stats().shares.length > 0, WAIT);

  volunteer.leave();
  linked = [];
  linksChanged();
  const sharpened = framesSharpenedHere(stream);
  const { framesUnsharpened } = stream.stats();
  await vi.waitUntil(() => stream.stats().framesUnsharpened > framesUnsharpened + 5, WAIT);
  expect(stream.stats().why).toMatch(/No volunteer is ready/);
  await expectPicture(stream, 2);
  expect(framesSharpenedHere(stream)).toBe(sharpened);
  stream.set({ where: 'auto', ...STILLS });
  await vi.waitUntil(() => framesSharpenedHere(stream) > sharpened + 5, WAIT);
  expect(stream.stats().running).toBe('local');
});

test('a volunteer that says it is ready and then never answers does not freeze the picture', async () => {
  const served = await newVolunteer();
  const { link, volunteer } = served;
  const onControl: typeof link.onControl = (listener) =>
    link.onControl(async (message) => {
      // The volunteer's stream is closed before the gamer receives the message.
      if (message.kind === 'stream-ready') await volunteer.close(message.streamId);
      listener(message);
    });
  linked = [{ ...served, link: { ...link, onControl } }];
  const stream = await openOn(animated(), { where: 'volunteers' });
  await vi.waitUntil(() => stream.stats().framesSent > 0, WAIT);
  const { framesUnsharpened } = stream.stats();
  await vi.waitUntil(() => stream.stats().framesUnsharpened > framesUnsharpened + 3, WAIT);
  expect(stream.stats().shares).toEqual([]);
  await expectPicture(stream, 2);
});

test('a volunteer that is linked later is used', async () => {
  const stream = await openOn(animated(), { where: 'volunteers' });
  await vi.waitUntil(() => stream.stats().framesUnsharpened > 2, WAIT);
  await newVolunteer();
  linksChanged();
  await vi.waitUntil(() => stream.stats().shares.length > 0, WAIT);
});

test('a canvas that is no longer drawn on is still shown', async () => {
  paint(0);
  const stream = await openOn(source, { where: 'local', scale: 3 });
  await vi.waitUntil(() => stream.stats().localShare > 0, WAIT);
  await expectPicture(stream, 3);
});

describe('two volunteers', () => {
  let first: TestVolunteerLink;
  let second: TestVolunteerLink;

  /** Deadlines that even a busy machine meets: of one volunteer, half of the frames must return in time (patience.ts). */
  const OPTIONS = { where: 'volunteers', maxFps: 4 } as const;

  /** Each is too slow for the source on its own. */
  beforeEach(async () => {
    first = await newVolunteer({ id: 'first', computeMs: 260 });
    second = await newVolunteer({ id: 'second', computeMs: 260 });
  });

  const shareOf = (stream: FrameStream, id: string) =>
    stream.stats().shares.find(({ volunteerId }) => volunteerId === id)?.share ?? 0;

  test('share the frames of a stream', async () => {
    const stream = await openOn(animated(), OPTIONS);
    await vi.waitUntil(() => shareOf(stream, 'first') > 0.2 && shareOf(stream, 'second') > 0.2, WAIT);
    await expectPicture(stream, 2);
    await expect.poll(() => stream.stats().why).toContain('and 1 more');
  });

  test('when one leaves, the other takes over its share', async () => {
    const stream = await openOn(animated(), OPTIONS);
    await vi.waitUntil(() => shareOf(stream, 'first') > 0 && shareOf(stream, 'second') > 0, WAIT);
    first.leave();
    linked = [second];
    linksChanged();
    await vi.waitUntil(() => shareOf(stream, 'first') === 0 && shareOf(stream, 'second') > 0, WAIT);
    await expect.poll(() => stream.stats().running).toBe('volunteers');
    await expectPicture(stream, 2);
  });

  test('when one freezes silently, the other takes over, and the first regains its share afterwards', async () => {
    const stream = await openOn(animated(), OPTIONS);
    await vi.waitUntil(() => shareOf(stream, 'first') > 0 && shareOf(stream, 'second') > 0, WAIT);
    const { framesPresented } = stream.stats();
    const thawed = first.volunteer.freeze(2_000);
    await vi.waitUntil(() => stream.stats().framesPresented > framesPresented + 12, WAIT);
    await thawed;
    await vi.waitUntil(() => shareOf(stream, 'first') > 0.2, WAIT);
    await expectPicture(stream, 2);
  });
});

test('a still canvas is sent to a volunteer too', async () => {
  const { volunteer } = await newVolunteer();
  paint(0);
  const stream = await openOn(source, { where: 'volunteers' });
  await vi.waitUntil(async () => (await volunteer.framesDone) > 0, WAIT);
  await vi.waitUntil(() => stream.stats().framesWithDetail === 1, WAIT);
  // Its detail does not change, so it is not sent for ever.
  await vi.waitFor(async () => {
    const { framesSent } = stream.stats();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(stream.stats().framesSent).toBe(framesSent);
  }, WAIT);
  await expectPicture(stream, 2);
});

test('a source that ends keeps its last picture and says why', async () => {
  paint(0);
  const frame = new VideoFrame(source, { timestamp: 0 });
  const frames = new ReadableStream<VideoFrame>({
    start(controller) {
      controller.enqueue(frame);
      controller.close();
    },
  });
  const stream = await openOn(frames, { where: 'local' });
  await vi.waitUntil(() => stream.stats().localShare > 0, WAIT);
  await vi.waitUntil(() => /ended/.test(stream.stats().why), WAIT);
  await expectPicture(stream, 2);
  // The frame was closed explicitly, not left to the garbage collector.
  expect(frame.format).toBe(null);
});

test('the output is available as a track, which ends with the stream', async () => {
  const stream = await openOn(animated(), { where: 'local' });
  const { track } = stream;
  expect(track).toMatchObject({ kind: 'video', readyState: 'live' });
  await stream.close();
  expect(track.readyState).toBe('ended');
});

test('closing a stream leaves no frame open, neither locally nor at the volunteer', async () => {
  const { volunteer } = await newVolunteer();
  const stream = await openOn(animated(), { where: 'volunteers' });
  await vi.waitUntil(() => stream.stats().shares.length > 0, WAIT);
  stream.set({ where: 'auto' });
  await vi.waitUntil(() => stream.stats().framesPresented > 30, WAIT);
  await stream.close();

  await vi.waitFor(async () => expect([await remote.openFrames(), await volunteer.openFrames()]).toEqual([0, 0]), WAIT);
});

test('settings can change while a stream runs', async () => {
  await newVolunteer();
  const stream = await openOn(animated(), { where: 'local' });
  await vi.waitUntil(() => framesSharpenedHere(stream) > 0, WAIT);
  stream.set({ where: 'volunteers', quality: 'bilinear', maxFps: 30 });
  await vi.waitUntil(() => stream.stats().running === 'volunteers', WAIT);
  expect(() => stream.set({ maxFps: 0 })).toThrow(expect.objectContaining({ reason: 'bad-input' }));
});

test.each([
  [{ scale: 0.5 }, 'bad-input'],
  [{ scale: 5 }, 'bad-input'],
  [{ maxFps: Number.NaN }, 'bad-input'],
  [{ where: 'elsewhere' as 'local' }, 'bad-input'],
  [{ quality: 'best' as 'fast' }, 'bad-input'],
])('options %o are rejected with %s', async (options, reason) => {
  await expect(openOn(source, options)).rejects.toMatchObject({ name: 'MeshError', reason });
});

test('sources that cannot give frames are rejected', async () => {
  const track = source.captureStream().getVideoTracks()[0];
  track?.stop();
  await expect(openOn(track as MediaStreamTrack, {})).rejects.toMatchObject({ reason: 'source-ended' });
  await expect(openOn({} as HTMLCanvasElement, {})).rejects.toMatchObject({ reason: 'bad-input' });
  const locked = new ReadableStream<VideoFrame>();
  locked.getReader();
  await expect(openOn(locked, {})).rejects.toMatchObject({ reason: 'bad-input' });
});

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 20 };

async function newVolunteer(options: TestVolunteerOptions = {}): Promise<TestVolunteerLink> {
  const { id = 'volunteer-1' } = options;
  const attach = (moved: RTCDataChannel | MessagePort) =>
    void remote.streams.attachVideo(id, Comlink.transfer(moved, [moved]));
  const made = await linkVolunteer(attach, options);
  linked.push(made);
  return made;
}

async function openOn(from: Parameters<typeof openFrameStream>[1], options: StreamOptions): Promise<FrameStream> {
  const trust = new VolunteerTrust(Math.random);
  // Every volunteer here is honest: an uncaught error fails the test.
  trust.barred.add(({ error }) => {
    throw error;
  });
  const deps: StreamDeps = {
    streams: remote.streams,
    trust,
    links: () => linked.map(({ link }) => link),
    onLinksChanged(listener) {
      linksChanged = listener;
      return () => {};
    },
    now: () => performance.now(),
    defaultWhere: 'auto',
    onClosed: () => {},
  };
  const stream = await openFrameStream(deps, from, options);
  open.push(stream);
  return stream;
}

/** Left half red, right half alternating between two blues. */
function paint(step: number): void {
  const context = source.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = `rgb(${LEFT_COLOR.join(' ')})`;
  context.fillRect(0, 0, WIDTH / 2, HEIGHT);
  context.fillStyle = step % 2 ? 'rgb(20 20 190)' : 'rgb(20 20 210)';
  context.fillRect(WIDTH / 2, 0, WIDTH / 2, HEIGHT);
}

function animated(): HTMLCanvasElement {
  let step = 0;
  const { canvas } = source.getContext('2d') ?? {};
  const draw = () => {
    if (source !== canvas) return;
    paint(step++);
    requestAnimationFrame(draw);
  };
  draw();
  return source;
}

/** Polls, because the browser copies a worker's drawing to the page's canvas with a delay. */
async function expectPicture({ canvas }: FrameStream, scale: number): Promise<void> {
  await vi.waitFor(() => {
    const [width, height] = [scale * WIDTH, scale * HEIGHT];
    expect([canvas.width, canvas.height]).toEqual([width, height]);
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context?.drawImage(canvas, 0, 0);
    const colorAt = (x: number) => [...(context?.getImageData(x, height / 2, 1, 1).data ?? [])].slice(0, 3);
    // Tolerates two passes through a lossy codec.
    expectNear(colorAt(width / 4), LEFT_COLOR, 16);
    expectNear(colorAt((3 * width) / 4), [20, 20, 200], 26);
  }, WAIT);
}

function expectNear(actual: number[], expected: number[], tolerance: number): void {
  const distances = expected.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN)));
  for (const distance of distances) expect(distance, `${actual} near ${expected}`).toBeLessThan(tolerance);
}
