import type { Page } from 'playwright/test';
import { CAMERA_FLAGS, fpsOf, streamCamera } from './camera.ts';
import { expect, openSdk, test, waitForVolunteers } from './fixtures.ts';
import { ensureXvfb, type HeadedBrowser, launchHeaded } from './headed.ts';
import { type RunningServer, startServer } from './server.ts';

/**
 * Long enough for the once-a-second timers of a hidden page to show in its worker's rate, if the worker depended on them; a volunteer's page learns of its
 * frames twice a second.
 */
const SPAN_MS = 3_000;
/** With a hidden page's timers the rate would fall to a tenth; the margin is for a busy machine. */
const LEAST_SHARE = 0.5;
const INSTALL_TIMEOUT_MS = 600_000;

/** One stream for all tests: that a volunteer is hidden changes nothing for the gamer, as the first test shows. */
let server: RunningServer;
let headed: HeadedBrowser;
let gamer: Page;
let volunteer: Page;

test.beforeAll(async () => {
  test.setTimeout(INSTALL_TIMEOUT_MS);
  await ensureXvfb();
  server = await startServer();
  headed = await launchHeaded(CAMERA_FLAGS);
  // Each page has a window of its own.
  [gamer, volunteer] = [await headed.newWindow(), await headed.newWindow()];
  for (const page of [gamer, volunteer]) await openSdk(page, server.url);
  await volunteer.evaluate(async () => {
    window.node = await window.sdk.VolunteerNode.start({ room: 'hidden', backend: 'wasm' });
  });
  await gamer.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect({ room: 'hidden', where: 'volunteers' });
  });
  await waitForVolunteers(gamer, 1);
  await streamCamera(gamer);
});

test.afterAll(async () => {
  await headed?.close();
  await server?.stop();
});

test('a volunteer whose tab is hidden goes on at the same pace', { tag: '@alone' }, async () => {
  const shownFps = await fpsOf(volunteer, 'volunteered', SPAN_MS);
  await hide(volunteer);
  let hiddenFps = 0;
  await expect
    .poll(async () => {
      hiddenFps = await fpsOf(volunteer, 'volunteered', SPAN_MS);
      return hiddenFps;
    })
    .toBeGreaterThan(LEAST_SHARE * shownFps);
  expect(await visibilityOf(volunteer)).toBe('hidden');
  test.info().annotations.push({ type: 'frames a second', description: `${shownFps} shown, ${hiddenFps} hidden` });
});

test('a gamer whose tab is hidden still gets its frames, and sees them at once when it is shown again', {
  tag: '@alone',
}, async () => {
  // What a gamer does not take it soon asks for no more, so the volunteer's frames tell of both.
  const paces = async () => [await fpsOf(gamer, 'presented', SPAN_MS), await fpsOf(volunteer, 'volunteered', SPAN_MS)];
  const leastRatio = (now: number[], before: number[]) => Math.min(...now.map((pace, n) => pace / (before[n] ?? 0)));
  const shown = await paces();
  await hide(gamer);
  let hidden: number[] = [];
  const hiddenRatio = async () => {
    hidden = await paces();
    return leastRatio(hidden, shown);
  };
  await expect.poll(hiddenRatio).toBeGreaterThan(LEAST_SHARE);
  test.info().annotations.push({ type: 'frames a second', description: `${shown} shown, ${hidden} hidden` });

  await expect.poll(() => pictureAfterMs(gamer)).toBeLessThan(1_000);
  await expect.poll(async () => leastRatio(await paces(), shown)).toBeGreaterThan(LEAST_SHARE);
});

/** Hides a page and shows it again. @returns the time until its stream moves, ms */
async function pictureAfterMs(page: Page): Promise<number> {
  await hide(page);
  await page.bringToFront();
  await expect.poll(() => visibilityOf(page)).toBe('visible');
  return await page.evaluate(async () => {
    const startMs = performance.now();
    const print = () => {
      const small = new OffscreenCanvas(40, 30).getContext('2d', { willReadFrequently: true });
      small?.drawImage(window.stream.canvas, 0, 0, 40, 30);
      return small?.getImageData(0, 0, 40, 30).data.join() ?? '';
    };
    // Two changes of the picture prove that it moves.
    for (let changes = 0, before = print(); changes < 2; ) {
      await new Promise(requestAnimationFrame);
      const now = print();
      if (now !== before) changes++;
      before = now;
    }
    return performance.now() - startMs;
  });
}

async function hide(page: Page): Promise<void> {
  await headed.hide(page);
  await expect.poll(() => visibilityOf(page)).toBe('hidden');
}

function visibilityOf(page: Page): Promise<string> {
  return page.evaluate(() => document.visibilityState);
}
