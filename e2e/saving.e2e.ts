// What a gamer does with the upscaled picture: saves it, records it, and shows it elsewhere.
import { expect, test } from './fixtures.ts';
import { lookAtOutput, lookAtPng, openGamer, saved, TREATED_FILE } from './gamer-page.ts';

test('of the running game a still is saved, alone and beside its source, and a clip recorded with a countdown, stopped and played', {
  tag: '@long',
}, async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url, '?mode=compare');
  const after = await saved(gamer, 'save-after');
  expect(after.name).toMatch(new RegExp(`^game-${TREATED_FILE}-2x\\.png$`));
  const sharp = await lookAtPng(gamer, after.base64);
  expect([sharp.width, sharp.height]).toEqual([1280, 720]);
  expect(sharp.spread).toBeGreaterThan(20);

  const both = await saved(gamer, 'save-both');
  expect(both.name).toBe('game-before-after-2x.png');
  expect((await lookAtPng(gamer, both.base64)).width).toBeGreaterThan(2560);

  const record = gamer.getByTestId('record');
  await record.click();
  await expect(record).toHaveText(/2[0-5] s left/);
  const { name, base64 } = await saved(gamer, 'record');
  await expect(record).toHaveText(/Record a clip/);
  expect(name).toMatch(/^game-before-after-2x\.(mp4|webm)$/);

  const clip = await gamer.evaluate(
    async ({ encoded, type }) => {
      const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
      const video = document.createElement('video');
      video.src = URL.createObjectURL(new Blob([bytes], { type }));
      await new Promise((resolve, reject) => {
        video.addEventListener('loadeddata', resolve);
        video.addEventListener('error', () => reject(video.error));
      });
      const { duration: lengthS, videoWidth: width, videoHeight: height } = video;
      // Seeking to the end shows the real duration.
      video.currentTime = 1e6;
      await new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
      return { lengthS, endS: video.currentTime, width, height };
    },
    { encoded: base64, type: `video/${name.split('.').at(-1)}` },
  );
  expect(clip).toMatchObject({ width: 1280, height: 720 });
  expect(clip.endS).toBeGreaterThan(1);
  // The file's header has the duration.
  expect(Math.abs(clip.lengthS - clip.endS)).toBeLessThan(0.5);
});

test('the picture moves to a small window or fills the screen, where the game is still played, and comes back', {
  tag: '@long',
}, async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  await gamer.getByTestId('picture-in-picture').click();
  await expect(gamer.getByText('in its own small window')).toBeVisible();
  await expect(gamer.getByTestId('output').locator('canvas')).toHaveCount(0);
  await gamer.getByTestId('picture-in-picture').click();
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);

  await gamer.getByRole('button', { name: 'Full screen' }).press('Enter');
  await expect(gamer.locator('figure:fullscreen').getByTestId('output')).toBeVisible();
  await expect(gamer.getByRole('application')).toBeFocused();
  // The game received the key and paused.
  await gamer.keyboard.press('p');
  await expect(gamer.getByTestId('fps-in')).toHaveText('0');
  await expect(gamer.getByTestId('paused')).toBeVisible();
  await gamer.getByTestId('resume').click();
  await expect(gamer.getByTestId('fps-in')).not.toHaveText('0');
  await gamer.getByRole('button', { name: 'Leave full screen' }).click();
  await expect(gamer.locator('figure:fullscreen')).toHaveCount(0);
});

test('without document picture-in-picture, a video in a small window shows the sharp picture', async ({
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
  // The window shows a copy: the page keeps its own canvas.
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
  // Another stream has another canvas.
  await gamer.getByLabel('Scale').selectOption('1.5');
  await expect.poll(shown).toEqual([960, 540]);

  await toggle.click();
  await expect.poll(shown).toBe(null);
  await expect(gamer.getByRole('button', { name: 'Sharp picture in a small window' })).toBeVisible();
});
