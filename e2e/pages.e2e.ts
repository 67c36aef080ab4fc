import { readFile } from 'node:fs/promises';
import type { BrowserContext, Download, Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { choosePicture, openGamer, openStillGamer } from './gamer-page.ts';
import { launchOptions } from './launch.mjs';

/** What the tab is called that the browser shares without asking. */
const SHARED_TITLE = 'shared by a test';

const launch = await launchOptions();
test.use({
  launchOptions: {
    ...launch,
    args: [
      ...(launch.args ?? []),
      '--use-fake-device-for-media-stream',
      `--auto-select-tab-capture-source-by-title=${SHARED_TITLE}`,
    ],
  },
});

/** A gamer's page, and a volunteer's that followed its link and pressed Start; frames go there. */
async function openBoth(
  context: BrowserContext,
  serverUrl: string,
  open = openGamer,
): Promise<{ gamer: Page; volunteer: Page }> {
  const gamer = await context.newPage();
  const invite = await open(gamer, serverUrl);
  const volunteer = await context.newPage();
  await volunteer.goto(invite);
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByTestId('pause')).toBeEnabled();
  await gamer.getByTestId('where').getByRole('radio', { name: 'Volunteers' }).check();
  return { gamer, volunteer };
}

/** The output's size, how much its brightness varies, and a rough print of it to tell two moments apart. */
function lookAtOutput(page: Page): Promise<{ width: number; height: number; spread: number; print: string }> {
  return page.evaluate(() => {
    const canvas = document.querySelector('[data-testid=output] canvas');
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('there is no output');
    const [columns, rows] = [32, 18];
    const small = new OffscreenCanvas(columns, rows).getContext('2d');
    if (!small) throw new Error('no canvas');
    small.drawImage(canvas, 0, 0, columns, rows);
    const { data } = small.getImageData(0, 0, columns, rows);
    const lumas = Array.from({ length: columns * rows }, (_, i) => data[i * 4 + 1] ?? 0);
    const mean = lumas.reduce((sum, luma) => sum + luma, 0) / lumas.length;
    const spread = Math.sqrt(lumas.reduce((sum, luma) => sum + (luma - mean) ** 2, 0) / lumas.length);
    return { width: canvas.width, height: canvas.height, spread, print: lumas.join() };
  });
}

/** A tab that somebody might share. */
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

async function choose(gamer: Page, source: 'Screen' | 'Camera'): Promise<void> {
  await gamer.getByTestId('source').getByRole('radio', { name: source }).check();
  await gamer.getByTestId(`source-${source.toLowerCase()}`).click();
}

/** Presses what saves, and gives back the file. */
async function saved(page: Page, testId: string): Promise<{ name: string; base64: string }> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId(testId).click()]);
  return { name: file.suggestedFilename(), base64: await contents(file) };
}

async function contents(file: Download): Promise<string> {
  return (await readFile(await file.path())).toString('base64');
}

/** As the page's own browser reads it: its size and how much its brightness varies. */
function lookAtPng(page: Page, base64: string): Promise<{ width: number; height: number; spread: number }> {
  return page.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const { width, height } = await createImageBitmap(new Blob([bytes]));
    const small = new OffscreenCanvas(32, 18).getContext('2d');
    small?.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0, 32, 18);
    const lumas = [...(small?.getImageData(0, 0, 32, 18).data ?? [])].filter((_, at) => at % 4 === 1);
    return { width, height, spread: Math.max(...lumas) - Math.min(...lumas) };
  }, base64);
}

test('a gamer shares a link, a volunteer follows it, and the game comes back sharper', async ({ server, context }) => {
  const { gamer, volunteer } = await openBoth(context, server.url);

  const volunteerName = (await gamer.locator('.volunteers__name').textContent()) ?? '';
  await expect(gamer.getByTestId('helpers')).toHaveText(volunteerName);
  await expect(gamer.getByTestId('fps')).not.toHaveText(/^[0–]$/);
  await expect(gamer.getByTestId('latency')).toHaveText(/\d/);
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');

  const first = await lookAtOutput(gamer);
  expect([first.width, first.height]).toEqual([1280, 720]);
  // Not a blank picture, and it moves by itself.
  expect(first.spread).toBeGreaterThan(5);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(first.print);
});

test('alone with one machine: a button opens a second window that starts at once and helps', async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  const opening = context.waitForEvent('page');
  await gamer.getByTestId('open-volunteer').click();
  const volunteer = await opening;
  await expect(volunteer.getByTestId('pause')).toBeEnabled();
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');
  await expect(gamer.getByTestId('where').getByRole('radio', { name: 'Volunteers' })).toBeChecked();
  await expect(gamer.locator('.volunteers__name')).toHaveCount(1);
});

test('when the volunteer closes its page, the picture goes on here', async ({ server, context }) => {
  const { gamer, volunteer } = await openBoth(context, server.url);
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');
  await volunteer.close();

  await expect(gamer.getByTestId('helpers')).toHaveText('this computer');
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
});

test('a volunteer pauses in one click, gets nothing meanwhile, and goes on', async ({ server, context }) => {
  const { gamer, volunteer } = await openBoth(context, server.url);
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');

  await volunteer.getByTestId('pause').click();
  await expect(volunteer.getByTestId('status')).toContainText(/paused/i);
  await expect(gamer.getByTestId('helpers')).toHaveText('this computer');
  await volunteer.getByTestId('pause').click();
  await expect(gamer.getByTestId('helpers')).not.toHaveText('this computer');
});

test('a picture is sharpened as a task and can be saved', async ({ server, context }) => {
  const { gamer } = await openBoth(context, server.url, openStillGamer);
  await expect(gamer.getByTestId('output').locator('canvas')).toHaveJSProperty('width', 128);
  await expect(gamer.getByTestId('helpers')).not.toHaveText('this computer');
  const { name, base64 } = await saved(gamer, 'save-after');
  expect(name).toBe('square-sharpened-2x.png');
  expect(await lookAtPng(gamer, base64)).toMatchObject({ width: 128, height: 72 });
});

test('a network may be chosen whatever runs: the picture goes on, and the page says what made it', async ({
  server,
  context,
}) => {
  const { gamer, volunteer } = await openBoth(context, server.url);
  await expect(gamer.getByTestId('latency')).toHaveText(/\d/);
  await gamer.getByRole('combobox', { name: 'Quality' }).selectOption({ label: 'Network: best' });
  await expect(gamer.getByText(/^with (spatial|.* network)/)).toBeVisible();
  const before = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(before.print);
  await expect(volunteer.getByText(/^Frames are made with/)).toBeVisible();
  await choosePicture(gamer);
  await expect(gamer.getByTestId('helpers')).not.toHaveText('–');
});

test('a still of the running game, alone and beside what it was made of', async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  const after = await saved(gamer, 'save-after');
  expect(after.name).toBe('game-sharpened-2x.png');
  const sharp = await lookAtPng(gamer, after.base64);
  expect([sharp.width, sharp.height]).toEqual([1280, 720]);
  expect(sharp.spread).toBeGreaterThan(20);

  const both = await saved(gamer, 'save-both');
  expect(both.name).toBe('game-before-after-2x.png');
  expect((await lookAtPng(gamer, both.base64)).width).toBeGreaterThan(2560);
});

test('a clip of before and after is recorded with a countdown, stopped and played', async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  const record = gamer.getByTestId('record');
  await record.click();
  await expect(record).toHaveText(/2[0-5] s left/);
  const { name, base64 } = await saved(gamer, 'record');
  await expect(record).toHaveText(/Record a clip/);
  expect(name).toBe('game-before-after-2x.webm');

  const clip = await gamer.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const video = document.createElement('video');
    video.src = URL.createObjectURL(new Blob([bytes], { type: 'video/webm' }));
    await new Promise((resolve, reject) => {
      video.addEventListener('loadeddata', resolve);
      video.addEventListener('error', () => reject(video.error));
    });
    const { duration: lengthS, videoWidth: width, videoHeight: height } = video;
    // What a player finds out by going there.
    video.currentTime = 1e6;
    await new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
    return { lengthS, endS: video.currentTime, width, height };
  }, base64);
  expect(clip).toMatchObject({ width: 1280, height: 720 });
  expect(clip.endS).toBeGreaterThan(1);
  // It is told in the head of the file.
  expect(Math.abs(clip.lengthS - clip.endS)).toBeLessThan(0.5);
});

test('the picture fills the screen, where the game is still played, and comes back', async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  await gamer.getByRole('button', { name: 'Full screen' }).press('Enter');
  await expect(gamer.locator('figure:fullscreen').getByTestId('output')).toBeVisible();
  await expect(gamer.getByRole('application')).toBeFocused();
  // It stands still: the game has heard the key.
  await gamer.keyboard.press('p');
  await expect(gamer.getByTestId('fps-in')).toHaveText('0');

  await gamer.getByRole('button', { name: 'Leave full screen' }).click();
  await expect(gamer.locator('figure:fullscreen')).toHaveCount(0);
});

test('the sharp picture moves to a small window and comes back when that is closed', async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  await gamer.getByTestId('picture-in-picture').click();
  await expect(gamer.getByText('in its own small window')).toBeVisible();
  await expect(gamer.getByTestId('output').locator('canvas')).toHaveCount(0);
  await gamer.getByTestId('picture-in-picture').click();
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
});

test('where a page cannot have a small window of its own, a video in one shows the sharp picture', async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  await gamer.addInitScript(() => Reflect.deleteProperty(window, 'documentPictureInPicture'));
  await openGamer(gamer, server.url);
  const toggle = gamer.getByTestId('picture-in-picture');
  const shown = () =>
    gamer.evaluate(() => {
      const video = document.pictureInPictureElement;
      return video instanceof HTMLVideoElement ? [video.videoWidth, video.videoHeight] : null;
    });
  await toggle.click();
  await expect.poll(shown).toEqual([1280, 720]);
  await expect(gamer.getByRole('button', { name: 'Bring the sharp picture back' })).toBeVisible();
  // It is a copy: the page keeps its own.
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
  // Another stream has another canvas.
  await gamer.getByLabel('Scale').selectOption('1.5');
  await expect.poll(shown).toEqual([960, 540]);

  await toggle.click();
  await expect.poll(shown).toBe(null);
  await expect(gamer.getByRole('button', { name: 'Sharp picture in a small window' })).toBeVisible();
});

test('a camera is sharpened and shown, and let go when something else is chosen', async ({ server, context }) => {
  await context.grantPermissions(['camera']);
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  await choose(gamer, 'Camera');
  await expect(gamer.getByText('Before: 640 × 360')).toBeVisible();
  await expect(gamer.getByText('After: 1280 × 720, sharpened')).toBeVisible();
  await expect.poll(async () => (await lookAtOutput(gamer)).spread).toBeGreaterThan(5);
  expect((await saved(gamer, 'save-after')).name).toBe('camera-sharpened-2x.png');

  const track = await gamer.evaluateHandle(() => {
    const video = document.querySelector('video');
    return video?.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks()[0] : undefined;
  });
  expect(await track.evaluate((live) => live?.readyState)).toBe('live');
  await gamer.getByRole('button', { name: 'Stop the camera' }).click();
  await expect.poll(() => track.evaluate((ended) => ended?.readyState)).toBe('ended');
  await expect(gamer.getByText('Before: 640 × 360')).toBeVisible();
});

test('a camera that is refused is told in words, and the game goes on', async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  await choose(gamer, 'Camera');
  await expect(gamer.getByText('The camera was not allowed.')).toBeVisible();
  await expect(gamer.getByRole('alert')).toHaveCount(0);
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
});

test('a shared tab is sharpened, may be resized, and says so when it is stopped', async ({ server, context }) => {
  const shared = await openSharedTab(context, server.url);
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  await choose(gamer, 'Screen');
  await expect(gamer.getByText('After: 960 × 540, sharpened')).toBeVisible();
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
  await shared.setViewportSize({ width: 400, height: 300 });
  await expect(gamer.getByText('Before: 400 × 300')).toBeVisible();
  await expect(gamer.getByText('After: 800 × 600, sharpened')).toBeVisible();

  await shared.close();
  await expect(gamer.getByRole('alert')).toContainText('Sharing has stopped');
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
  // One in which nothing moves gives a single frame.
  await openSharedTab(context, server.url, { isMoving: false });
  await gamer.getByRole('button', { name: 'Share again…' }).click();
  await expect(gamer.getByRole('alert')).toHaveCount(0);
  await expect(gamer.getByText('After: 960 × 540, sharpened')).toBeVisible();
});

test('a browser that captures nothing is offered neither screen nor camera', async ({ server, context }) => {
  const gamer = await context.newPage();
  await gamer.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'mediaDevices'));
  await gamer.addInitScript(() => Reflect.deleteProperty(window, 'MediaRecorder'));
  await openGamer(gamer, server.url);
  await expect(gamer.getByTestId('source').getByRole('radio')).toHaveCount(3);
  await expect(gamer.getByTestId('save-after')).toBeVisible();
  await expect(gamer.getByTestId('record')).toHaveCount(0);
});

test('a file that is no picture is refused in words, and the game is a click away', async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  await gamer
    .getByTestId('source-image')
    .setInputFiles({ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') });
  await expect(gamer.getByRole('alert')).toContainText('broken.png');
  await gamer.getByRole('button', { name: 'Back to the game' }).click();
  await expect(gamer.getByRole('alert')).toHaveCount(0);
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
});

test('a link that invites nobody, and a browser without WebRTC, are told on the page', async ({ server, context }) => {
  const volunteer = await context.newPage();
  const gamer = await context.newPage();
  const invite = new URL(await openStillGamer(gamer, server.url));
  await volunteer.goto(invite.href.replace(/invite=[^&]+/, 'invite=forged'));
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByRole('alert')).toContainText(/invite/i);

  const walled = await context.newPage();
  await walled.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'));
  await walled.goto(new URL('/gamer', server.url).href);
  await expect(walled.getByRole('alert')).toContainText('WebRTC');
});
