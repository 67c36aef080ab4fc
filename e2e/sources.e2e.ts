// Cameras, shared tabs and files as sources.
import type { BrowserContext, Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { lookAtOutput, openGamer, openStillGamer, PICTURE_WITHIN, saved, TREATED, TREATED_FILE } from './gamer-page.ts';
import { launchOptions } from './launch.mjs';
import { supports } from './support.ts';

/** Title of the tab that the browser shares without asking. */
const SHARED_TITLE = 'shared by a test';

const launch = await launchOptions({ hasWebgpu: false });
test.use({
  launchOptions: {
    ...launch,
    args: [
      ...(launch.args ?? []),
      '--use-fake-device-for-media-stream=fps=5',
      `--auto-select-tab-capture-source-by-title=${SHARED_TITLE}`,
    ],
  },
});

/** Opens a tab to share. */
async function openSharedTab(context: BrowserContext, serverUrl: string, { isMoving = true } = {}): Promise<Page> {
  const page = await context.newPage();
  await page.setViewportSize({ width: 480, height: 270 });
  await page.goto(new URL('/healthz', serverUrl).href);
  await page.evaluate(
    ({ title, moves }) => {
      document.title = title;
      const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 200 });
      document.body.append(canvas);
      const context = canvas.getContext('2d');
      const draw = () => {
        if (!context) return;
        context.fillStyle = `hsl(${(performance.now() / 10) % 360} 90% 50%)`;
        context.fillRect(0, 0, 400, 200);
      };
      draw();
      if (moves) setInterval(draw, 50);
    },
    { title: SHARED_TITLE, moves: isMoving },
  );
  return page;
}

/** A busy Chromium may capture a tab in the size of its window, until the tab's viewport changes. */
async function expectItsSize(gamer: Page, shared: Page): Promise<void> {
  const before = gamer.getByText('Before: 480 × 270');
  let attempts = 0;
  await expect(async () => {
    if (attempts++ > 0) {
      await shared.setViewportSize({ width: 500, height: 300 });
      await shared.setViewportSize({ width: 480, height: 270 });
    }
    await expect(before).toBeVisible({ timeout: 10_000 });
  }).toPass();
}

async function choose(gamer: Page, source: 'Screen' | 'Camera'): Promise<void> {
  await gamer.getByTestId('source').getByRole('radio', { name: source }).check();
  await gamer.getByTestId(`source-${source.toLowerCase()}`).click();
}

test('a camera is sharpened and shown, and released when another source is chosen', {
  annotation: supports('Chromium', 'gamer', 'stream of a camera'),
}, async ({ server, context }) => {
  await context.grantPermissions(['camera']);
  const gamer = await context.newPage();
  await openGamer(gamer, server.url, '?mode=compare');
  await choose(gamer, 'Camera');
  // The game before it is as large, and sharpened too. The video is seen only until the stream shows its frames.
  await expect(gamer.locator('video')).toBeAttached();
  await expect(gamer.getByText('Before: 640 × 360')).toBeVisible();
  await expect(gamer.getByText(new RegExp(`^After: 1280 × 720, ${TREATED}$`))).toBeVisible(PICTURE_WITHIN);
  await expect.poll(async () => (await lookAtOutput(gamer)).spread).toBeGreaterThan(5);
  expect((await saved(gamer, 'save-after')).name).toMatch(new RegExp(`^camera-${TREATED_FILE}-2x\\.png$`));

  const track = await gamer.evaluateHandle(() => {
    const video = document.querySelector('video');
    return video?.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks()[0] : undefined;
  });
  expect(await track.evaluate((live) => live?.readyState)).toBe('live');
  await gamer.getByRole('button', { name: 'Stop the camera' }).click();
  await expect.poll(() => track.evaluate((ended) => ended?.readyState)).toBe('ended');
  await expect(gamer.getByText('Before: 640 × 360')).toBeVisible();
});

test('a shared tab is sharpened, may be resized, and says so when it is stopped', async ({ server, context }) => {
  const shared = await openSharedTab(context, server.url);
  const gamer = await context.newPage();
  await openGamer(gamer, server.url, '?mode=compare');
  await choose(gamer, 'Screen');
  await expectItsSize(gamer, shared);
  await expect(gamer.getByText(new RegExp(`^After: 960 × 540, ${TREATED}$`))).toBeVisible(PICTURE_WITHIN);
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
  await shared.setViewportSize({ width: 400, height: 300 });
  await expect(gamer.getByText('Before: 400 × 300')).toBeVisible();
  await expect(gamer.getByText(new RegExp(`^After: 800 × 600, ${TREATED}$`))).toBeVisible(PICTURE_WITHIN);

  await shared.close();
  await expect(gamer.getByRole('alert')).toContainText('Sharing has stopped');
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
  // A tab in which nothing moves gives a single frame.
  const still = await openSharedTab(context, server.url, { isMoving: false });
  await gamer.getByRole('button', { name: 'Share again…' }).click();
  await expect(gamer.getByRole('alert')).toHaveCount(0);
  await expectItsSize(gamer, still);
  await expect(gamer.getByText(new RegExp(`^After: 960 × 540, ${TREATED}$`))).toBeVisible(PICTURE_WITHIN);
});

test('a browser that cannot capture is offered neither screen nor camera', async ({ server, context }) => {
  const gamer = await context.newPage();
  await gamer.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'mediaDevices'));
  await openStillGamer(gamer, server.url);
  await expect(gamer.getByTestId('source').getByRole('radio')).toHaveCount(3);
  await expect(gamer.getByTestId('save-after')).toBeVisible();
});

test('a refused camera is explained beside its button, and a file that is no picture; the game goes on', async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  await gamer.setViewportSize({ width: 390, height: 844 });
  await openGamer(gamer, server.url);
  const goesOn = async () => {
    const { print } = await lookAtOutput(gamer);
    await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
  };
  await choose(gamer, 'Camera');
  const told = gamer.getByRole('alert');
  await expect(told).toContainText('The camera was not allowed.');
  await expect(told).toBeInViewport({ ratio: 1 });
  await expect(gamer.getByTestId('source-camera')).toHaveAccessibleDescription(/The camera was not allowed/);
  await goesOn();

  await gamer
    .getByTestId('source-image')
    .setInputFiles({ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') });
  await expect(told).toContainText(/cannot show “broken.png” as a picture: it is none/);
  await expect(told).toBeInViewport({ ratio: 1 });
  await expect(gamer.getByTestId('source').getByRole('radio', { name: 'Picture' })).toBeChecked();
  await goesOn();
  await told.getByRole('button', { name: 'Dismiss' }).click();
  await expect(told).toHaveCount(0);
});
