import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { linkOf, openStillGamer, withoutGame } from './gamer-page.ts';

/** No address and no foreign page does anything in a person's name: starting, joining and pressing buttons are theirs. */

/** A page from anywhere but our server. */
async function startForeignSite(html: string): Promise<{ origin: string; stop(): void }> {
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const { port } = site.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, stop: () => site.close() };
}

/** Counts the page's connections to a server: without one it can be introduced to nobody. */
function connectionsOf(page: Page): { count: number } {
  const connections = { count: 0 };
  page.on('websocket', () => connections.count++);
  return connections;
}

test('a link starts no volunteer, whatever it claims; a window that the gamer page opens starts once', async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  await gamer.addInitScript(() => {
    const { open } = window;
    window.open = (url, ...rest) => {
      document.documentElement.dataset.opened = String(url);
      return open.call(window, url, ...rest);
    };
  });
  const link = await openStillGamer(gamer, server.url);
  const visitor = await context.newPage();
  const connections = connectionsOf(visitor);
  for (const claim of ['1', 'true', 'n0nce', '']) {
    await visitor.goto('about:blank');
    await visitor.goto(`${link}&start=${claim}`);
    await expect(visitor.getByTestId('start')).toBeEnabled();
    await expect(visitor.getByTestId('status')).toContainText('Nothing runs until you press Start');
  }
  expect(connections.count).toBe(0);

  const opening = context.waitForEvent('page');
  await gamer.getByTestId('open-volunteer').click();
  const helper = await opening;
  await expect(helper.getByTestId('pause')).toBeEnabled();
  await expect(gamer.locator('.volunteers__name')).toHaveCount(1);
  expect(helper.url(), 'a copy of its address starts nothing').toBe(link);

  // Whoever gets hold of the address that the window was opened with comes too late.
  const opened = await gamer.evaluate(() => document.documentElement.dataset.opened ?? '');
  expect(opened).toMatch(/&start=[\w-]{22}$/);
  await visitor.goto('about:blank');
  await visitor.goto(opened);
  await expect(visitor.getByTestId('start')).toBeEnabled();
  expect(connections.count).toBe(0);
});

test('a link joins nobody’s room before the person agrees, and they may take a room of their own instead', async ({
  server,
  context,
  roomOf,
}) => {
  const room = encodeURIComponent(roomOf('theirs'));
  const theirs = new URL(`/gamer#room=${room}`, server.url).href;
  const site = await startForeignSite(`<a href="${theirs}">Free game</a>`);
  try {
    const gamer = await context.newPage();
    await withoutGame(gamer);
    const connections = connectionsOf(gamer);
    await gamer.goto(site.origin);
    await gamer.getByRole('link').click();
    const question = gamer.getByRole('region', { name: 'Join someone else’s room?' });
    await expect(question).toContainText('pictures they sharpen for you');
    await expect(question).toContainText('network address');
    await expect(gamer.getByTestId('join-room')).toBeEnabled();
    expect(connections.count).toBe(0);

    await gamer.getByTestId('own-room').click();
    await expect.poll(() => new URL(gamer.url()).hash).toBe('');
    expect(await linkOf(gamer)).not.toContain(`room=${room}`);

    await gamer.goto(site.origin);
    await gamer.getByRole('link').click();
    await gamer.getByTestId('join-room').click();
    await expect.poll(() => linkOf(gamer)).toContain('#room=theirs');
    await gamer.reload();
    await expect.poll(() => linkOf(gamer)).toContain('#room=theirs');
  } finally {
    site.stop();
  }
});

test('both pages lead to what volunteers see where people decide to share', async ({ server, context }) => {
  const gamer = await context.newPage();
  await openStillGamer(gamer, server.url);
  const volunteer = await context.newPage();
  await volunteer.goto(new URL('/volunteer', server.url).href);
  for (const page of [gamer, volunteer]) {
    const opening = context.waitForEvent('page');
    await page.getByRole('link', { name: 'What volunteers see' }).click();
    const told = await opening;
    await expect(told.getByRole('heading', { level: 1 })).toHaveText('What volunteers see');
    for (const who of ['If you play', 'If you volunteer']) {
      await expect(told.getByRole('region', { name: who })).toContainText('Your network address');
    }
    await told.close();
  }
});

test('a foreign page can neither frame our pages nor keep hold of their windows, and they listen to nobody’s messages', async ({
  server,
  context,
}) => {
  const paths = [
    '/',
    '/gamer',
    '/volunteer',
    '/check',
    '/compare',
    '/status',
    '/what-volunteers-see',
    '/examples/',
    '/healthz',
  ];
  const frames = paths.map((path) => `<iframe src="${new URL(path, server.url)}"></iframe>`).join('');
  const site = await startForeignSite(`<h1>Click here</h1>${frames}`);
  try {
    await withoutGame(context);
    await context.addInitScript(() => {
      const { addEventListener } = window;
      window.addEventListener = (
        type: string,
        listener: EventListenerOrEventListenerObject,
        options?: boolean | AddEventListenerOptions,
      ) => {
        if (type === 'message') document.documentElement.dataset.listens = 'yes';
        addEventListener.call(window, type, listener, options);
      };
    });
    const foreign = await context.newPage();
    await foreign.goto(site.origin);
    const framed = foreign.frames().slice(1);
    expect(framed).toHaveLength(paths.length);
    for (const frame of framed) {
      await expect.poll(() => frame.url()).toBe('chrome-error://chromewebdata/');
    }

    for (const path of ['/gamer', '/volunteer#room=any&start=1']) {
      const opening = context.waitForEvent('page');
      const url = new URL(path, server.url).href;
      const handle = await foreign.evaluateHandle((address) => window.open(address), url);
      const ours = await opening;
      await expect(ours.getByTestId('status')).toBeVisible();
      expect(await ours.evaluate(() => window.opener)).toBeNull();
      // Cut off by Cross-Origin-Opener-Policy: what the foreign page holds is a window that was closed.
      await expect.poll(() => handle.evaluate((held) => held?.closed)).toBe(true);
      expect(await ours.evaluate(() => [document.documentElement.dataset.listens, window.onmessage])).toEqual([
        undefined,
        null,
      ]);
      await ours.close();
    }
  } finally {
    site.stop();
  }
});
