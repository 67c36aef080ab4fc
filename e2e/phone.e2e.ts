// Protects: a gamer plays on a phone with two thumbs, upright and turned, and a phone that volunteers spares itself and survives being left for a call.
import { type Browser, type CDPSession, devices, type Locator, type Page } from 'playwright/test';
import type { Controls } from '../web/game/built-in-game.ts';
import { expect, test } from './fixtures.ts';
import { openGamer, openStillGamer, PICTURE_WITHIN } from './gamer-page.ts';
import { hasStarted, PAGES, supports } from './support.ts';

declare global {
  interface Window {
    /** What the page told the game's worker. */
    controls: Controls[];
  }
}

const UPRIGHT = { width: 412, height: 839 };
const TURNED = { width: 839, height: 412 };
/** A middling phone's processor beside that of a laptop. */
const THROTTLING_RATE = 4;
/** Smallest side of what a finger hits, CSS pixels (WCAG 2.2, target size enhanced). */
const FINGER_PX = 44;
const BACK_WITHIN = { timeout: 60_000 };
/** Timeout of the test that leaves a phone: all its waits together. */
const LEFT_TIMEOUT_MS = 300_000;

const PHONE = { ...devices['Pixel 7'], viewport: UPRIGHT };
test.use(PHONE);

/** Makes the page's processor that of a phone. */
async function slowDown(page: Page): Promise<CDPSession> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: THROTTLING_RATE });
  return devTools;
}

/** In the page, before its scripts. */
function keepControls(): void {
  window.controls = [];
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (this: Worker, ...given: unknown[]) {
    const [message] = given as [{ kind?: string; controls?: Controls }];
    if (message?.kind === 'controls' && message.controls) window.controls.push(message.controls);
    return Reflect.apply(post, this, given);
  };
}

async function boxOf(element: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await element.boundingBox();
  if (!box) throw new Error('It is not shown.');
  return box;
}

/** A place on an element, from 0 to 1 of its width. */
async function placeOn(element: Locator, share: number): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = await boxOf(element);
  return { x: x + share * width, y: y + height / 2 };
}

test('on a phone the game is played with two thumbs, upright and turned', {
  tag: '@long',
  annotation: supports('Chromium', 'gamer', 'the game by touch, upright and turned'),
}, async ({ page, server }) => {
  await page.addInitScript(keepControls);
  const devTools = await slowDown(page);
  await openGamer(page, server.url);
  const pads = { steer: page.getByTestId('pad-steer'), boost: page.getByTestId('pad-boost') };
  const last = () => page.evaluate(() => window.controls.at(-1));
  for (const size of [UPRIGHT, TURNED]) {
    await page.setViewportSize(size);
    await page.getByTestId('output').evaluate((output) => output.scrollIntoView({ block: 'center' }));
    for (const pad of Object.values(pads)) {
      const { x, y, width, height } = await boxOf(pad);
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(FINGER_PX);
      expect([x >= 0, y >= 0, x + width <= size.width, y + height <= size.height]).toEqual([true, true, true, true]);
    }
    // No button of the page covers the pad.
    const { x, y } = await placeOn(pads.steer, 0.9);
    const [steering, boosting] = [
      { x, y, id: 1 },
      { ...(await placeOn(pads.boost, 0.5)), id: 2 },
    ];
    await devTools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [steering] });
    await expect.poll(last).toEqual({ steer: 1, go: true, brake: false, boost: false });
    await devTools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [steering, boosting] });
    await expect.poll(last).toEqual({ steer: 1, go: true, brake: false, boost: true });
    await page.screenshot({ path: test.info().outputPath(`gamer-${size.width}.png`) });
    await devTools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect.poll(last).toEqual({ steer: 0, go: false, brake: false, boost: false });
  }
});

test('every page fits a phone with a slow processor, upright and turned', {
  tag: '@long',
  annotation: [
    supports('Chromium', 'everyone', 'every page fits a phone'),
    supports('Chromium', 'everyone', 'every page loads'),
  ],
}, async ({ page, server }) => {
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('requestfailed', (request) => {
    // A page that is left ends its requests.
    const why = request.failure()?.errorText;
    if (why !== 'net::ERR_ABORTED') errors.push(`${request.url()}: ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${response.url()}: ${response.status()}`);
  });
  await slowDown(page);
  for (const path of PAGES) {
    await page.goto(new URL(path, server.url).href);
    await expect.poll(() => page.evaluate(hasStarted), { message: path }).toBe(true);
    for (const size of [UPRIGHT, TURNED]) {
      await page.setViewportSize(size);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([path, size, overflow]).toEqual([path, size, 0]);
      await page.screenshot({
        path: test.info().outputPath(`${path.replace('/', '') || 'landing'}-${size.width}.png`),
        fullPage: true,
      });
    }
  }
  expect(errors).toEqual([]);
});

/** Processes of pages. A page of a new context has one of its own. */
async function renderers(browser: Browser): Promise<number[]> {
  const devTools = await browser.newBrowserCDPSession();
  const { processInfo } = await devTools.send('SystemInfo.getProcessInfo');
  await devTools.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

test('a phone that volunteers spares itself, and is linked again when its person comes back from a call', {
  tag: '@long',
  annotation: supports('Chromium', 'volunteer', 'a phone that is left and comes back'),
}, async ({ browser, server }) => {
  test.setTimeout(LEFT_TIMEOUT_MS);
  const computer = await browser.newContext();
  const gamer = await computer.newPage();
  const link = await openStillGamer(gamer, server.url);
  const before = await renderers(browser);
  const phone = await browser.newContext(PHONE);
  const page = await phone.newPage();
  await page.goto(link);
  const ofPhone = (await renderers(browser)).filter((id) => !before.includes(id));
  expect(ofPhone).not.toEqual([]);
  await slowDown(page);
  await page.getByTestId('start').click();
  const status = page.getByTestId('status');
  await expect(status).toContainText('Helping a gamer', PICTURE_WITHIN);
  for (const limit of ['slow-when-hot', 'keep-awake']) await expect(page.getByTestId(limit)).toBeChecked();
  await page.screenshot({ path: test.info().outputPath('volunteer.png'), fullPage: true });

  // As Safari does it: without a word before.
  for (const id of ofPhone) process.kill(id, 'SIGSTOP');
  try {
    await expect(gamer.locator('.volunteers__name')).toHaveCount(0, BACK_WITHIN);
  } finally {
    for (const id of ofPhone) process.kill(id, 'SIGCONT');
  }
  await expect(gamer.locator('.volunteers__name')).toHaveCount(1, BACK_WITHIN);
  await expect(status).toContainText('Helping a gamer', BACK_WITHIN);
  await phone.close();
  await computer.close();
});
