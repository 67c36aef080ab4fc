import type { CDPSession, Page } from 'playwright/test';
import { expect, openSdk, test } from './fixtures.ts';
import { openStillGamer } from './gamer-page.ts';

/** Pages that the person leaves and comes back to by the browser's history. */

const ELSEWHERE = '/status';
/** Playwright's switch, with which it never keeps a page. */
const NO_CACHE = '--disable-back-forward-cache';

for (const role of ['gamer', 'volunteer'] as const) {
  test(`a ${role}’s page that the browser kept is online and linked again when the person comes back`, async ({
    server,
    playwright,
    launchOptions,
    gamerPage,
    volunteerPage,
    roomOf,
  }) => {
    const browser = await playwright.chromium.launch({ ...launchOptions, ignoreDefaultArgs: [NO_CACHE] });
    try {
      const page = await browser.newPage();
      await openSdk(page, server.url, '/what-volunteers-see');
      const other = role === 'gamer' ? await volunteerPage('kept') : await gamerPage('kept', { where: 'volunteers' });
      await page.evaluate(
        async ([role, room]) => {
          if (role === 'gamer') window.client = await window.sdk.GamerClient.connect({ room, where: 'volunteers' });
          else window.node = await window.sdk.VolunteerNode.start({ room });
        },
        [role, roomOf('kept')] as const,
      );
      await linked(page, other);

      // Playwright does not follow a page into the cache and out of it.
      const devTools = await page.context().newCDPSession(page);
      await devTools.send('Page.enable');
      await navigated(devTools, 'Navigation', `location.assign('${ELSEWHERE}')`);
      await other.waitForFunction(() => (window.client?.volunteers.length ?? window.node?.stats().gamers) === 0);
      await navigated(devTools, 'BackForwardCacheRestore', 'history.back()');
      await linked(other);
      const state = await evaluateIn(devTools, 'window.client?.state ?? window.node?.state');
      expect(state).toBe(role === 'gamer' ? 'online' : 'serving');
    } finally {
      await browser.close();
    }
  });
}

test('a volunteer whose page the browser dropped helps again when the person comes back, and not where they had stopped', {
  tag: '@long',
}, async ({ server, context }) => {
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

async function linked(...pages: Page[]): Promise<void> {
  for (const page of pages) {
    await page.waitForFunction(() => (window.client?.volunteers.length ?? window.node?.stats().gamers) === 1);
  }
}

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
