import type { Page, Worker } from 'playwright/test';
import { CAMERA_FLAGS, streamCamera } from './camera.ts';
import { expect, test, waitForVolunteers } from './fixtures.ts';
import { openDetails } from './gamer-page.ts';
import { launchOptions } from './launch.mjs';

declare global {
  interface Window {
    /** In a gamer's worker: when each frame was drawn, on a clock that all threads share. */
    drawnAtMs: number[];
    /** On a page: its own sends over a `video` channel. */
    videoSends: number;
  }
}

/**
 * As long as the loading of a level blocks a game's main thread. Together the blocks last long enough that a busy machine, which draws two
 * frames a second, draws several.
 */
const BLOCK_MS = 1_000;
const BLOCKS = 4;
/** Frames in flight when a block begins are drawn by then, and say nothing about it. */
const SETTLE_MS = 100;
/** Frames between two blocks. */
const REST_FRAMES = 5;

/**
 * OpenGL on the processor. Without OpenGL, Chromium's workers ask the page's main thread for every pixel read of a VideoFrame and wait,
 * so that no frame is drawn while the page is blocked. With it, on a GPU or here, they do not ask.
 */
const OPENGL_FLAGS = ['--use-angle=swiftshader', '--ignore-gpu-blocklist', '--enable-gpu-rasterization'];

const launch = await launchOptions({ hasWebgpu: false });
test.use({
  // Here OpenGL draws the whole page.
  viewport: { width: 480, height: 320 },
  launchOptions: { ...launch, args: [...(launch.args ?? []), ...OPENGL_FLAGS, ...CAMERA_FLAGS] },
});

test('while the gamer’s page is blocked, frames of a source that it does not draw go on being shown', {
  tag: ['@alone', '@long'],
}, async ({ volunteerPage, gamerPage }) => {
  await volunteerPage('blocked', { backend: 'wasm' });
  const gamer = await gamerPage('blocked', { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  await streamCamera(gamer, 'picture');
  await expectToGoOnWhileBlocked(gamer);
});

test('while the gamer’s page is blocked, the built-in game goes on being shown', { tag: '@long' }, async ({
  page,
  server,
}) => {
  await page.goto(new URL('/gamer', server.url).href);
  await expect(page.getByTestId('output').locator('canvas')).toBeVisible();
  // Upscaled here by the cheapest quality, since no volunteer is there; the game and the stream still have a worker each.
  await openDetails(page);
  await page.getByLabel('Quality').selectOption('bilinear');
  await expectToGoOnWhileBlocked(page);
});

test('where channels cannot be transferred to a worker, the page forwards them and recovers after a block', async ({
  sdkPage,
}) => {
  const [volunteer, gamer] = [await sdkPage(), await sdkPage()];
  for (const page of [volunteer, gamer]) await page.evaluate(refuseToMoveChannels);
  await volunteer.evaluate(async () => {
    window.node = await window.sdk.VolunteerNode.start({ room: 'unmoved', backend: 'wasm' });
  });
  await gamer.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect({ room: 'unmoved', where: 'volunteers' });
  });
  await waitForVolunteers(gamer, 1);
  await streamCamera(gamer, 'picture');
  await gamer.evaluate(block, BLOCK_MS);
  await presentMore(gamer, REST_FRAMES);
  await gamer.waitForFunction(() => {
    const { running, shares } = window.stream.stats();
    return running === 'volunteers' && shares.length === 1;
  });
  for (const page of [volunteer, gamer])
    expect(await page.evaluate(() => window.videoSends)).toBeGreaterThan(REST_FRAMES);
});

/** Blocks the page repeatedly: frames must be drawn at a third of their usual rate at least. */
async function expectToGoOnWhileBlocked(page: Page): Promise<void> {
  const worker = workerOf(page, 'stream.worker');
  await worker.evaluate(noteDrawings);
  const blocks: { fromMs: number; toMs: number }[] = [];
  while (blocks.length < BLOCKS) {
    await drawMore(worker, REST_FRAMES);
    const { fromMs, toMs } = await page.evaluate(block, BLOCK_MS);
    blocks.push({ fromMs: fromMs + SETTLE_MS, toMs });
  }
  const drawnAtMs = await worker.evaluate(() => self.drawnAtMs);
  const [start, end] = [drawnAtMs[0] ?? 0, blocks.at(-1)?.toMs ?? 0];
  const isBlocked = (atMs: number) => blocks.some(({ fromMs, toMs }) => atMs > fromMs && atMs < toMs);
  const blockedMs = blocks.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const blockedFps = (1000 * drawnAtMs.filter(isBlocked).length) / blockedMs;
  const usualFps =
    (1000 * drawnAtMs.filter((atMs) => atMs < end && !isBlocked(atMs)).length) / (end - start - blockedMs);
  test.info().annotations.push({ type: 'frames a second', description: `${usualFps}, blocked ${blockedFps}` });
  expect(blockedFps).toBeGreaterThan(usualFps / 3);
}

/** Waits until this many more frames were drawn. */
async function drawMore(worker: Worker, frames: number): Promise<void> {
  const drawn = await worker.evaluate(() => self.drawnAtMs.length);
  await expect.poll(() => worker.evaluate(() => self.drawnAtMs.length)).toBeGreaterThanOrEqual(drawn + frames);
}

function workerOf(page: Page, name: string): Worker {
  const worker = page.workers().find((one) => one.url().includes(name));
  if (!worker) throw new Error(`The page has no ${name}.`);
  return worker;
}

/** Waits until this many more frames were presented. */
async function presentMore(gamer: Page, frames: number): Promise<void> {
  const shown = await gamer.evaluate(() => window.stream.stats().framesPresented);
  await gamer.waitForFunction((wanted) => window.stream.stats().framesPresented >= wanted, shown + frames);
}

function noteDrawings(): void {
  self.drawnAtMs = [];
  const { prototype } = OffscreenCanvasRenderingContext2D;
  for (const method of ['drawImage', 'putImageData'] as const) {
    const draw: unknown = prototype[method];
    Object.assign(prototype, {
      [method](
        this: OffscreenCanvasRenderingContext2D & Pick<CanvasRenderingContext2D, 'getContextAttributes'>,
        ...given: unknown[]
      ) {
        // Only the output canvas is opaque; others serve to read frames.
        if (!this.getContextAttributes().alpha) self.drawnAtMs.push(performance.timeOrigin + performance.now());
        Reflect.apply(draw as () => void, this, given);
      },
    });
  }
}

function block(spanMs: number): { fromMs: number; toMs: number } {
  const startMs = performance.now();
  while (performance.now() < startMs + spanMs);
  return { fromMs: performance.timeOrigin + startMs, toMs: performance.timeOrigin + performance.now() };
}

/** Refuses to transfer data channels, as older browsers do. */
function refuseToMoveChannels(): void {
  for (const { prototype } of [MessagePort, Worker]) {
    const { postMessage } = prototype;
    prototype.postMessage = function (this: MessagePort | Worker, ...given: unknown[]) {
      const [, moved] = given;
      if (Array.isArray(moved) && moved.some((one) => one instanceof RTCDataChannel)) {
        throw new DOMException('An RTCDataChannel could not be cloned.', 'DataCloneError');
      }
      Reflect.apply(postMessage, this, given);
    };
  }
  window.videoSends = 0;
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, ...given: unknown[]) {
    if (this.label === 'video') window.videoSends++;
    Reflect.apply(send, this, given);
  };
}
