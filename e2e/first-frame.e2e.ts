import type { Browser, Page } from 'playwright/test';
import { expect, openSdk, test } from './fixtures.ts';

/** How long a person waits between agreeing to help and the first frame that was shared, and for what. */

/** From the first request to the server, when the volunteer's machine has been measured, to the first frame with its detail, ms. */
const WITHIN_MS = 3_000;

declare global {
  interface Window {
    /** When each step was first reached, ms since the Unix epoch. */
    reached: Record<string, number>;
    reach(step: string): void;
  }
}

test('from the click that agrees to the first shared frame take at most 3 s besides measuring the machine; each step is told', {
  tag: ['@long'],
}, async ({ server, playwright, launchOptions, roomOf }) => {
  const browsers = await Promise.all([0, 1].map(() => playwright.chromium.launch(launchOptions)));
  try {
    const [gamer, volunteer] = await Promise.all(browsers.map((browser) => freshPage(browser, server.url)));
    if (!gamer || !volunteer) throw new Error('two pages were opened');
    const room = roomOf('first frame');
    await gamer.evaluate(startStream, room);
    await volunteer.evaluate(async (room) => {
      window.reach('clicked');
      await window.sdk.VolunteerNode.start({ room });
      window.reach('joined');
    }, room);
    await gamer.waitForFunction(() => 'sharedFrame' in window.reached);

    const at = { ...(await gamer.evaluate(() => window.reached)), ...(await volunteer.evaluate(() => window.reached)) };
    const steps = ['clicked', 'measured', 'joined', 'linked', 'streaming', 'sharedFrame'].map((step) => at[step] ?? 0);
    const [measuringMs, joiningMs, linkingMs, openingMs, frameMs] = steps
      .slice(1)
      .map((atMs, index) => Math.round(atMs - (steps[index] ?? 0)));
    const description = `measuring ${measuringMs} ms, joining ${joiningMs}, linking ${linkingMs}, opening the stream ${openingMs}, first frame ${frameMs}`;
    test.info().annotations.push({ type: 'time to the first shared frame', description });
    expect((at.sharedFrame ?? 0) - (at.measured ?? 0), description).toBeLessThan(WITHIN_MS);
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
  }
});

async function freshPage(browser: Browser, serverUrl: string): Promise<Page> {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    window.reached = {};
    window.reach = (step) => {
      window.reached[step] ??= performance.timeOrigin + performance.now();
    };
    const Native = WebSocket;
    // The machine has been measured when it asks the server to let it in.
    window.WebSocket = class extends Native {
      constructor(url: string | URL, protocols?: string | string[]) {
        window.reach('measured');
        super(url, protocols);
      }
    };
  });
  await openSdk(page, serverUrl);
  return page;
}

/** In the gamer's page: joins, and streams a canvas that moves. */
async function startStream(room: string): Promise<void> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const context = canvas.getContext('2d');
  let frame = 0;
  const draw = () => {
    context?.fillRect(frame % 300, 20, 4, 4);
    if (context) context.fillStyle = frame++ % 2 ? '#fff' : '#246';
    requestAnimationFrame(draw);
  };
  draw();
  const client = await window.sdk.GamerClient.connect({ room, where: 'volunteers' });
  window.reached = {};
  client.addEventListener('volunteers', () => {
    if (client.volunteers.length > 0) window.reach('linked');
  });
  const stream = await client.openStream(canvas, { scale: 2, maxFps: 30 });
  const look = setInterval(() => {
    const { codec, shares } = stream.stats();
    if (codec !== '') window.reach('streaming');
    if (!shares.some(({ share }) => share > 0)) return;
    window.reach('sharedFrame');
    clearInterval(look);
  }, 5);
}
