import type { Page } from 'playwright/test';
import { upscaleReference } from '../web/compute/reference/upscale.ts';
import { expect, openSdk, testWithOwnServer as test, waitForVolunteers } from './fixtures.ts';
import { largestDifference, testPicture } from './pictures.ts';

const ROOM = 'not all who help are honest';
const COUNT = 30;

/** Prepended to the volunteer's worker: changes the bytes of everything larger than an envelope, as a cheating program would. */
const CHEATING = `{
  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function (data) {
    const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
    for (let i = 2048; i < bytes.length; i++) bytes[i] ^= 0x40;
    send.call(this, data);
  };
}
`;

/** The same for live streams: every answer is what it made of the first frame. */
const STANDING_STILL = `{
  const encode = VideoEncoder.prototype.encode;
  let first = null;
  VideoEncoder.prototype.encode = function (frame, options) {
    first ??= frame.clone();
    const stale = new VideoFrame(first, { timestamp: frame.timestamp });
    encode.call(this, stale, options);
    stale.close();
  };
}
`;

async function openCheat(page: Page, serverUrl: string, cheating: string): Promise<void> {
  await page.route('**/volunteer.worker*', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: cheating + (await response.text()) });
  });
  await openSdk(page, serverUrl);
  await page.evaluate(async (room) => {
    window.node = await window.sdk.VolunteerNode.start({ room, backend: 'js', name: 'cheat' });
  }, ROOM);
}

test('a volunteer that sends wrong pictures is barred after the first one: none is delivered, and it gets no more work', async ({
  browser,
  server,
  volunteerPage,
  gamerPage,
}) => {
  const context = await browser.newContext();
  const cheat = await context.newPage();
  await openCheat(cheat, server.url, CHEATING);
  await volunteerPage(ROOM, { backend: 'js', name: 'honest' });
  const gamer = await gamerPage(ROOM, { where: 'volunteers' });
  await waitForVolunteers(gamer, 2);

  const pictures = Array.from({ length: COUNT }, (_, seed) => testPicture(48, 27, seed));
  const results = await gamer.evaluate(async (sources) => {
    const toBase64 = (bytes: Uint8ClampedArray) =>
      btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    const tasks = sources.map(({ width, height, base64 }) => {
      const data = Uint8ClampedArray.from(atob(base64), (char) => char.charCodeAt(0));
      return window.client.submitTask('upscale', { image: { width, height, data } });
    });
    return Promise.all(tasks.map(async ({ result }) => toBase64((await result).image.data)));
  }, pictures);

  for (const [index, base64] of results.entries()) {
    const picture = pictures[index];
    if (!picture) throw new Error('an answer without a question');
    const expected = upscaleReference(picture, { outWidth: 96, outHeight: 54, quality: 'spatial' });
    expect(largestDifference(Buffer.from(base64, 'base64'), expected)).toBeLessThanOrEqual(2);
  }
  const { volunteers, stats } = await gamer.evaluate(() => ({
    volunteers: window.client.volunteers.map(({ name, barred }) => ({ name, barred })),
    stats: window.client.stats(),
  }));
  expect(volunteers).toEqual(
    expect.arrayContaining([
      { name: 'cheat', barred: true },
      { name: 'honest', barred: false },
    ]),
  );
  expect(stats.rejectedByVerify).toBeGreaterThan(0);
  expect(stats.completed).toBe(COUNT);
  await context.close();
});

test('a volunteer that answers a live stream with an old picture is barred, and the picture goes on without it', async ({
  browser,
  server,
  gamerPage,
}) => {
  const context = await browser.newContext();
  const cheat = await context.newPage();
  await openCheat(cheat, server.url, STANDING_STILL);
  const gamer = await gamerPage(ROOM, { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  const found = await gamer.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 128, height: 72 });
    const painter = canvas.getContext('2d');
    setInterval(() => {
      for (let n = 0; n < 200; n++) {
        const brightness = 255 * Math.random();
        if (painter) painter.fillStyle = `rgb(${brightness} ${brightness} ${brightness})`;
        painter?.fillRect(Math.random() * 128, Math.random() * 72, 12, 12);
      }
    }, 50);
    const error = new Promise<string>((resolve) => {
      window.client.addEventListener('error', (event) => resolve((event as CustomEvent<Error>).detail.message));
    });
    const stream = await window.client.openStream(canvas, { scale: 2, transport: 'picture' });
    const why = await error;
    const { framesUnsharpened } = stream.stats();
    while (stream.stats().framesUnsharpened < framesUnsharpened + 5)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return { why, barred: window.client.volunteers.map((volunteer) => volunteer.barred) };
  });
  expect(found.why).toContain('cheat answered a live stream with pictures of something else');
  expect(found.barred).toEqual([true]);
  await context.close();
});
