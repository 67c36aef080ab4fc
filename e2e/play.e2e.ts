// Playing on the gamer's page: keys, pause, full screen on phones, what the page remembers and what it advises.
import type { Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { lookAtOutput, openDetails, openGamer } from './gamer-page.ts';

const divider = (gamer: Page) => gamer.getByRole('slider', { name: 'Divider between before and after' });
const mode = (gamer: Page, name: 'Play' | 'Compare') => gamer.getByTestId('mode').getByRole('radio', { name });

async function openFresh(gamer: Page, serverUrl: string, query = ''): Promise<void> {
  await gamer.goto(new URL(`/gamer${query}`, serverUrl).href);
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
}

test('on a fresh page the game takes the keys it asks for, without a click; a pause is shown, with how to go on', {
  tag: '@long',
}, async ({ server, page }) => {
  await openFresh(page, server.url);
  await expect(page.getByTestId('fps-in')).toHaveText(/[1-9]/);
  await expect(page.getByText('This page did not start')).toBeHidden();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('application')).toBeFocused();
  await page.keyboard.press('p');
  await expect(page.getByTestId('paused')).toContainText('Paused');
  await expect(page.getByTestId('status')).toContainText('The game is paused.');
  await expect(page.getByTestId('fps-in')).toHaveText('0');
  await page.keyboard.press('p');
  await expect(page.getByTestId('paused')).toHaveCount(0);
  await expect(page.getByTestId('fps-in')).not.toHaveText('0');
  // A text field keeps its keys.
  await page.getByRole('textbox', { name: 'Invite link' }).focus();
  await page.keyboard.press('p');
  await expect(page.getByTestId('paused')).toHaveCount(0);
});

test('Play shows the sharp picture alone, Compare the pair with a divider; both, and the settings, are there on the next visit', {
  tag: '@long',
}, async ({ server, page }) => {
  await openFresh(page, server.url);
  await expect(mode(page, 'Play')).toBeChecked();
  await expect(divider(page)).toHaveCount(0);
  await mode(page, 'Compare').check();
  await expect(divider(page)).toBeVisible();
  await openDetails(page);
  await page.getByLabel('Scale').selectOption('1.5');
  await page.getByTestId('where').getByRole('radio', { name: 'Here' }).check();
  await page.reload();
  await expect(divider(page)).toBeVisible();
  await expect.poll(async () => (await lookAtOutput(page)).width).toBe(960);
  await openFresh(page, server.url, '?mode=play&scale=2');
  await expect(mode(page, 'Play')).toBeChecked();
  await expect.poll(async () => (await lookAtOutput(page)).width).toBe(1280);
  // A link chose for that visit only.
  await openFresh(page, server.url);
  await expect(mode(page, 'Compare')).toBeChecked();
  await expect.poll(async () => (await lookAtOutput(page)).width).toBe(960);
});

test('without a volunteer the page says so in one sentence, and its buttons do what they say', {
  tag: '@long',
}, async ({ server, page }) => {
  await openFresh(page, server.url, '?where=volunteers');
  const advice = page.getByTestId('advice');
  await expect(advice).toContainText('nobody is here');
  await page.getByTestId('advice-help').click();
  await expect(page.getByRole('textbox', { name: 'Invite link' })).toBeFocused();
  await page.getByTestId('advice-here').click();
  await expect(page.getByTestId('where').getByRole('radio', { name: 'Here', includeHidden: true })).toBeChecked();
  await expect(page.getByTestId('status')).not.toContainText('no volunteer is helping');
});

test('while a volunteer’s window measures this machine the page says so, not that nobody helps', {
  tag: '@long',
}, async ({ server, page, context }) => {
  await openGamer(page, server.url);
  const told: string[] = [];
  await page.exposeFunction('tell', (text: string) => told.push(text));
  await page.evaluate(() => {
    const status = document.querySelector('[data-testid=status]');
    const tell = (window as unknown as { tell(text: string): void }).tell;
    if (status)
      new MutationObserver(() => tell(status.textContent ?? '')).observe(status, {
        subtree: true,
        childList: true,
        characterData: true,
      });
  });
  const opening = context.waitForEvent('page');
  await page.getByTestId('open-volunteer').click();
  await expect(page.getByTestId('status')).toContainText('is measuring its machine');
  const volunteer = await opening;
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');
  await expect(page.getByTestId('status')).not.toContainText('is measuring its machine');
  expect(told.filter((text) => text.includes('no volunteer is helping'))).toEqual([]);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 844, height: 390 }, hasTouch: true, isMobile: true });

  test('turned, the picture of Play fills the screen, and the page is below it', { tag: '@long' }, async ({
    server,
    page,
  }) => {
    await openFresh(page, server.url);
    const box = await page.getByTestId('output').locator('canvas').boundingBox();
    expect(box?.y).toBe(0);
    expect(box?.height).toBeCloseTo(390, 0);
    const status = await page.getByTestId('status').boundingBox();
    expect(status?.y).toBeGreaterThanOrEqual(389);
    await page.setViewportSize({ width: 390, height: 844 });
    const upright = await page.getByTestId('output').locator('canvas').boundingBox();
    expect(upright?.width).toBeGreaterThan(340);
  });
});
