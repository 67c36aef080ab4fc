import type { CDPSession, Page } from 'playwright/test';
import { expect, openSdk, test, waitForVolunteers } from './fixtures.ts';
import { openStillGamer } from './gamer-page.ts';

/** Pages that the person leaves and comes back to by the browser's history. */

const ELSEWHERE = '/status';
/** Playwright's switch, with which it never keeps a page. */
const NO_CACHE = '--disable-back-forward-cache';

test('a page that the browser kept is online again when the person comes back, and linked to its volunteer', async ({
  server,
  playwright,
  launchOptions,
  volunteerPage,
  roomOf,
}) => {
  await volunteerPage('kept');
  const browser = await playwright.chromium.launch({ ...launchOptions, ignoreDefaultArgs: [NO_CACHE] });
  try {
    const page = await browser.newPage();
    await openSdk(page, server.url, '/what-volunteers-see');
    await page.evaluate(async (room) => {
      window.client = await window.sdk.GamerClient.connect({ room, where: 'volunteers' });
      await window.client.whenReady();
    }, roomOf('kept'));

    // Playwright does not follow a page into the cache and out of it.
    const devTools = await page.context().newCDPSession(page);
    await devTools.send('Page.enable');
    await navigated(devTools, 'Navigation', `location.assign('${ELSEWHERE}')`);
    await navigated(devTools, 'BackForwardCacheRestore', 'history.back()');
    const echoed = await evaluateIn(
      devTools,
      `window.client.whenReady()
        .then(() => window.client.submitTask('echo', { bytes: new Uint8Array([1, 2, 3]) }).result)
        .then(({ bytes, timing }) => [window.client.state, bytes.length, timing.ranOn === 'local'].join())`,
    );
    expect(echoed).toBe('online,3,false');
  } finally {
    await browser.close();
  }
});

test('a volunteer whose page is hidden for the cache closes its connections at once, and serves again when it is shown', async ({
  volunteerPage,
  gamerPage,
}) => {
  const volunteer = await volunteerPage('hidden');
  const gamer = await gamerPage('hidden', { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  // Chromium drops the pages of volunteers by itself, so the browser's events are made here.
  const tell = (type: string) =>
    volunteer.evaluate((name) => {
      window.dispatchEvent(new PageTransitionEvent(name, { persisted: true }));
      return [window.node.state, window.node.stats().gamers];
    }, type);
  expect(await tell('pagehide')).toEqual(['reconnecting', 0]);
  await gamer.waitForFunction(() => window.client.volunteers.length === 0);
  await tell('pageshow');
  await waitForVolunteers(gamer, 1);
  await volunteer.waitForFunction(() => window.node.state === 'serving');
});

test('a volunteer whose page the browser dropped helps again when the person comes back, and not where they had stopped', async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  const link = await openStillGamer(gamer, server.url);
  const volunteer = await context.newPage();
  await volunteer.goto(link);
  await volunteer.getByTestId('start').click();
  const status = volunteer.getByTestId('status');
  await expect(status).toContainText('Helping a gamer');
  await leaveAndReturn(volunteer, server.url);
  await expect(status).toContainText('Helping a gamer');
  await expect(gamer.locator('.volunteers__name')).toHaveCount(1);

  await volunteer.getByTestId('stop').click();
  await leaveAndReturn(volunteer, server.url);
  await expect(volunteer.getByTestId('start')).toBeEnabled();
  await expect(status).toContainText('Nothing runs until you press Start');
});

async function leaveAndReturn(page: Page, serverUrl: string): Promise<void> {
  await page.goto(new URL(ELSEWHERE, serverUrl).href);
  await page.goBack();
}

/** Runs a script that navigates, and waits until that has happened in this way. */
async function navigated(devTools: CDPSession, type: string, script: string): Promise<void> {
  const happened = new Promise<string>((resolve) =>
    devTools.once('Page.frameNavigated', (event) => resolve(event.type)),
  );
  await devTools.send('Runtime.evaluate', { expression: script });
  expect(await happened).toBe(type);
}

async function evaluateIn(devTools: CDPSession, expression: string): Promise<unknown> {
  const { result } = await devTools.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  return result.value;
}
