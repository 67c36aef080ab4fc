import type { Page } from 'playwright/test';
import { upscaleReference } from '../web/compute/reference/upscale.ts';
import { expect, openSdk, testWithOwnServer as test, waitForVolunteers } from './fixtures.ts';
import { largestDifference, type TestPicture, testPicture } from './pictures.ts';

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

/** Output size of the stream below, twice that of its source. */
const [WIDTH, HEIGHT] = [256, 144];
/** Where the next one writes, pixels of the answer. The source is even there. */
const WRITTEN = { left: 96, top: 40, side: 64 };

/** The same for detail: a bright box in an even part of every frame, 21 8-bit levels. */
const WRITING = `{
  const encode = VideoEncoder.prototype.encode;
  VideoEncoder.prototype.encode = function (frame, options) {
    const { format, codedWidth: width, codedHeight: height, timestamp, colorSpace } = frame;
    if (format !== 'I420' || width !== ${WIDTH} || height !== ${HEIGHT}) return encode.call(this, frame, options);
    const codes = new Uint8Array(width * height * 1.5).fill(128);
    for (let y = ${WRITTEN.top}; y < ${WRITTEN.top + WRITTEN.side}; y++) {
      codes.fill(170, y * width + ${WRITTEN.left}, y * width + ${WRITTEN.left + WRITTEN.side});
    }
    const written = new VideoFrame(codes, { format, codedWidth: width, codedHeight: height, timestamp, colorSpace: colorSpace.toJSON() });
    encode.call(this, written, options);
    written.close();
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

/** What volunteers make of pictures, base64. */
async function upscaled(gamer: Page, pictures: readonly TestPicture[]): Promise<string[]> {
  return gamer.evaluate(async (sources) => {
    const toBase64 = (bytes: Uint8ClampedArray) =>
      btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    const tasks = sources.map(({ width, height, base64 }) => {
      const data = Uint8ClampedArray.from(atob(base64), (char) => char.charCodeAt(0));
      return window.client.submitTask('upscale', { image: { width, height, data } });
    });
    return Promise.all(tasks.map(async ({ result }) => toBase64((await result).image.data)));
  }, pictures);
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
  const results = await upscaled(gamer, pictures);
  for (const [index, base64] of results.entries()) {
    const picture = pictures[index];
    if (!picture) throw new Error('an answer without a question');
    const expected = upscaleReference(picture, { outWidth: 96, outHeight: 54, quality: 'spatial' });
    expect(largestDifference(Buffer.from(base64, 'base64'), expected)).toBeLessThanOrEqual(2);
  }
  let submitted = COUNT;
  // One that stands still for long leaves all pictures to the other.
  await expect
    .poll(async () => {
      const rejected = await gamer.evaluate(() => window.client.stats().rejectedByVerify);
      if (rejected === 0) await upscaled(gamer, [testPicture(48, 27, submitted++)]);
      return rejected;
    })
    .toBeGreaterThan(0);
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
  expect(stats.completed).toBe(submitted);
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
  expect(found.why).toContain('“cheat” sent back pictures of something else');
  expect(found.barred).toEqual([true]);
  await context.close();
});

test('a volunteer that writes into a live stream by its detail is barred, and what it wrote is never seen', async ({
  browser,
  server,
  gamerPage,
}) => {
  const context = await browser.newContext();
  const cheat = await context.newPage();
  await openCheat(cheat, server.url, WRITING);
  const gamer = await gamerPage(ROOM, { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  const found = await gamer.evaluate(
    async ({ width, height, left, top, side }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: width / 2, height: height / 2 });
      const painter = canvas.getContext('2d');
      if (painter) painter.fillStyle = 'rgb(120 120 120)';
      painter?.fillRect(0, 0, canvas.width, canvas.height);
      setInterval(() => {
        for (let n = 0; n < 20; n++) {
          const brightness = 255 * Math.random();
          if (painter) painter.fillStyle = `rgb(${brightness} ${brightness} ${brightness})`;
          painter?.fillRect((Math.random() * left) / 2 - 12, Math.random() * canvas.height, 8, 8);
        }
      }, 50);
      const error = new Promise<string>((resolve) => {
        window.client.addEventListener('error', (event) => resolve((event as CustomEvent<Error>).detail.message));
      });
      const stream = await window.client.openStream(canvas, { scale: 2, maxFps: 20 });
      const seen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      let brightest = 0;
      const look = setInterval(() => {
        seen?.drawImage(stream.canvas, left + side / 4, top + side / 4, side / 2, side / 2, 0, 0, 1, 1);
        brightest = Math.max(brightest, seen?.getImageData(0, 0, 1, 1).data[0] ?? 0);
      }, 20);
      const why = await error;
      const { framesUnsharpened, framesDropped } = stream.stats();
      while (stream.stats().framesUnsharpened < framesUnsharpened + 5)
        await new Promise((resolve) => setTimeout(resolve, 50));
      clearInterval(look);
      return { why, brightest, framesDropped, barred: window.client.volunteers.map((volunteer) => volunteer.barred) };
    },
    { width: WIDTH, height: HEIGHT, ...WRITTEN },
  );
  expect(found.why).toContain('“cheat” sent detail that does not belong to the frames it got');
  expect(found.barred).toEqual([true]);
  // Nothing but the source: 120.
  expect(found.brightest).toBeGreaterThan(110);
  expect(found.brightest).toBeLessThan(124);
  await context.close();
});
