// Protects: whoever uses no pointer gets through every flow, and sees where they are.
import type { Locator, Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { linkOf, lookAtOutput, openGamer, openStillGamer } from './gamer-page.ts';

/** More than any page has controls: a person who presses Tab that often is caught. */
const MAX_CONTROLS = 120;

/** Presses Tab until this control has the focus. Fails where Tab does not lead, or the focus cannot be seen. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  for (let presses = 0; presses < MAX_CONTROLS; presses++) {
    if (await control.evaluate((element) => element === document.activeElement)) {
      expect(await isFocusSeen(page)).toBe(true);
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${control}.`);
}

/** Whether what has the focus, or the label or grip that stands for it, has an outline. */
function isFocusSeen(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused) return false;
    const marks = [focused, focused.nextElementSibling, ...focused.children].filter((mark) => mark !== null);
    return marks.some((mark) => getComputedStyle(mark).outlineStyle !== 'none');
  });
}

test('by the keyboard alone a gamer chooses a source and where, copies the link, moves the divider and plays', {
  tag: '@long',
}, async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url, '?mode=compare');
  const game = gamer.getByRole('application');
  await tabTo(gamer, game);
  await gamer.keyboard.press('p');
  await gamer.keyboard.press('p');
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
  // The game keeps no key that leads on.
  const divider = gamer.getByRole('slider');
  await tabTo(gamer, divider);
  const before = Number(await divider.getAttribute('aria-valuenow'));
  await gamer.keyboard.press('ArrowLeft');
  await expect(divider).toHaveAttribute('aria-valuenow', String(before - 2));

  await tabTo(gamer, gamer.getByTestId('short-code'));
  await gamer.keyboard.press('Enter');
  const code = gamer.getByRole('textbox', { name: /a code/ });
  await expect(code).toHaveValue(/\w{4}/);
  await expect(code).toBeFocused();

  const where = gamer.getByTestId('where');
  await tabTo(gamer, where.getByRole('radio', { checked: true }));
  await gamer.keyboard.press('ArrowRight');
  await expect(where.getByRole('radio', { checked: true })).toBeFocused();
});

test('by the keyboard alone a volunteer types a code, starts, pauses, goes on and stops', {
  tag: '@long',
}, async ({ server, context }) => {
  const gamer = await context.newPage();
  await openStillGamer(gamer, server.url);
  const invite = await linkOf(gamer);
  const volunteer = await context.newPage();
  await volunteer.goto(new URL('/volunteer', server.url).href);
  const field = volunteer.getByRole('textbox', { name: 'Invite link or code' });
  await tabTo(volunteer, field);
  await volunteer.keyboard.insertText(invite);
  await volunteer.keyboard.press('Enter');
  await expect(volunteer.getByTestId('start')).toBeEnabled();
  await tabTo(volunteer, volunteer.getByTestId('start'));
  await volunteer.keyboard.press('Enter');
  const pause = volunteer.getByTestId('pause');
  await expect(pause).toBeEnabled();
  await tabTo(volunteer, pause);
  await volunteer.keyboard.press('Space');
  await expect(volunteer.getByTestId('status')).toContainText(/paused/i);
  await expect(pause).toBeFocused();
  await volunteer.keyboard.press('Space');
  await expect(volunteer.getByTestId('status')).not.toContainText(/paused/i);
  await tabTo(volunteer, volunteer.getByTestId('stop'));
  await volunteer.keyboard.press('Enter');
  await expect(volunteer.getByTestId('start')).toBeEnabled();
});

test('on every page Tab goes through all controls, shows each of them, and comes around', {
  tag: '@long',
}, async ({ server, page }) => {
  for (const path of ['/', '/check', '/compare', '/status', '/what-volunteers-see', '/no/such/page', '/examples/']) {
    await page.goto(new URL(path, server.url).href);
    await page.waitForLoadState('networkidle');
    const seen = new Set<string>();
    for (let presses = 0; presses < MAX_CONTROLS; presses++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => document.activeElement?.outerHTML ?? '');
      if (focused.startsWith('<body')) break;
      seen.add(focused);
      // The switch is inside its element, and shows its focus there.
      if (focused.startsWith('<theme-switch')) continue;
      expect([path, focused.slice(0, 120), await isFocusSeen(page)]).toEqual([path, focused.slice(0, 120), true]);
    }
    expect([path, seen.size > 1]).toEqual([path, true]);
  }
});
