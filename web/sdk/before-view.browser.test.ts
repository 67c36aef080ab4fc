import * as Comlink from 'comlink';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import type { TestGamerApi } from '../stream/gamer/test-gamer.worker.ts';
import { linkVolunteer, type TestVolunteerLink } from '../stream/volunteer/test-volunteer-link.ts';
import { type FrameStream, openFrameStream, type StreamOptions } from './frame-stream.ts';
import { StreamRig } from './test-stream-rig.ts';
import './worker-errors.ts';

/** A frame shows its number as a row of black and white squares, which every codec keeps apart. */
const BITS = 8;
const SQUARE = 16;
const SIZE = { width: BITS * SQUARE, height: SQUARE };
const SCALE = 2;
const WAIT = { timeout: 60_000, interval: 20 };

let worker: Worker;
let remote: Comlink.Remote<TestGamerApi>;
let source: HTMLCanvasElement;
let linked: TestVolunteerLink[];
let stream: FrameStream | null;
let stopDrawing: () => void;

beforeEach(() => {
  worker = new Worker(new URL('../stream/gamer/test-gamer.worker.ts', import.meta.url), { type: 'module' });
  remote = Comlink.wrap<TestGamerApi>(worker);
  source = Object.assign(document.createElement('canvas'), SIZE);
  [linked, stream, stopDrawing] = [[], null, () => {}];
});

afterEach(async () => {
  stopDrawing();
  await stream?.close();
  for (const { leave } of linked) leave();
  worker.terminate();
});

test.each([
  ['detail', { where: 'volunteers', transport: 'detail' }],
  ['pictures', { where: 'volunteers', transport: 'picture' }],
  ['frames sharpened here', { where: 'local' }],
] as const)('of %s, before and after are of one and the same frame', async (_what, options) => {
  if (options.where === 'volunteers') await addVolunteer();
  const opened = await open(options);
  await opened.pair();
  animate();
  await vi.waitUntil(() => isSharpening(options.where), WAIT);
  const seen = new Set<number | null>();
  let isSourceAhead = false;
  while (seen.size < 30) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const pair = await opened.pair();
    if (!pair) continue;
    const { before, after } = pair;
    expect([before.width, before.height, after.width]).toEqual([SIZE.width, SIZE.height, SCALE * SIZE.width]);
    const number = numberOn(after);
    expect(numberOn(before)).toBe(number);
    isSourceAhead ||= numberOn(source) !== number;
    seen.add(number);
    before.close();
    after.close();
  }
  // What the test protects: the source itself is of another moment.
  expect(isSourceAhead).toBe(true);
  // The canvases on the page come to show the same frame too.
  stopDrawing();
  const last = numberOn(source);
  await vi.waitUntil(() => numberOn(opened.canvas) === last && numberOn(opened.before) === last, WAIT);
});

test('a still picture is shown before and after as well, and stays when the stream is closed', async () => {
  const { before } = await open({ where: 'local' });
  await vi.waitUntil(() => numberOn(before) === 0 && isSharpening('local'), WAIT);
  await stream?.close();
  expect(numberOn(before)).toBe(0);
});

test('a pair says what was done to its frame, and there is none of a closed stream', async () => {
  await addVolunteer();
  const opened = await open({ where: 'volunteers' });
  await vi.waitUntil(() => opened.pair(), WAIT);
  const helped = await vi.waitUntil(async () => {
    const pair = await opened.pair();
    return pair?.volunteerId ? pair : null;
  }, WAIT);
  expect(helped).toMatchObject({ volunteerId: 'volunteer-1', quality: expect.any(String) });
  const last = opened.pair();
  await opened.close();
  // Either is fine, as long as it ends.
  expect([null, true]).toContain(await last.then((pair) => pair && true));
  await expect(opened.pair()).rejects.toMatchObject({ reason: 'closed' });
});

test('nothing is copied until somebody asks for it', async () => {
  const copies = vi.spyOn(OffscreenCanvas.prototype, 'transferToImageBitmap');
  const rig = new StreamRig();
  try {
    paint(0);
    const opened = await rig.open(source, { where: 'local' });
    animate();
    await vi.waitUntil(() => opened.stats().framesPresented > 5, WAIT);
    expect(copies).not.toHaveBeenCalled();
    void opened.before;
    await vi.waitUntil(() => copies.mock.calls.length > 0, WAIT);
  } finally {
    await rig.dispose();
    copies.mockRestore();
  }
});

function isSharpening(where: string): boolean {
  const { shares, localShare } = stream?.stats() ?? { shares: [], localShare: 0 };
  return where === 'local' ? localShare > 0 : shares.length > 0;
}

function animate(): void {
  let number = 0;
  const timer = setInterval(() => paint(number++), 40);
  stopDrawing = () => clearInterval(timer);
}

function paint(number: number): void {
  const context = source.getContext('2d');
  for (let bit = 0; bit < BITS && context; bit++) {
    context.fillStyle = (number >> bit) & 1 ? '#fff' : '#000';
    context.fillRect(bit * SQUARE, 0, SQUARE, SQUARE);
  }
}

/** The number of the frame on a canvas; null if it shows none. */
function numberOn(canvas: HTMLCanvasElement | ImageBitmap): number | null {
  if (canvas.width % (BITS * SQUARE) > 0) return null;
  const square = canvas.width / BITS;
  const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  context?.drawImage(canvas, 0, 0);
  const { data } = context?.getImageData(0, canvas.height / 2, canvas.width, 1) ?? { data: [] };
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const luma = data[4 * Math.round((bit + 0.5) * square)] ?? 0;
    if (luma > 128) number |= 1 << bit;
  }
  return number;
}

async function addVolunteer(): Promise<void> {
  const attach = (moved: RTCDataChannel | MessagePort) =>
    void remote.streams.attachVideo('volunteer-1', Comlink.transfer(moved, [moved]));
  linked.push(await linkVolunteer(attach, { computeMs: 5 }));
}

async function open(options: StreamOptions): Promise<FrameStream> {
  paint(0);
  stream = await openFrameStream(
    {
      streams: remote.streams,
      trust: new VolunteerTrust(Math.random),
      links: () => linked.map(({ link }) => link),
      onLinksChanged: () => () => {},
      now: () => performance.now(),
      defaultWhere: 'auto',
      onClosed: () => {},
    },
    source,
    { scale: SCALE, ...options },
  );
  return stream;
}
