// Protects: whoever uses no pointer gets through every flow, and sees where they are.
import type { JSHandle, Locator, Page } from 'playwright/test';
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

/** What a person may operate by keyboard; the switch of the theme is inside its element. */
const OPERABLE =
  ':is(a[href], button, input, select, textarea, summary, [tabindex]):not([tabindex="-1"], :disabled), theme-switch';

/** The controls of a page that can be operated now. Of a group of radio buttons the chosen one stands for all. */
function controlsOf(page: Page): Promise<JSHandle<Element[]>> {
  return page.evaluateHandle((operable) => {
    const isOther = (element: Element) =>
      element instanceof HTMLInputElement &&
      element.type === 'radio' &&
      !element.checked &&
      document.querySelector(`input[type=radio][name="${CSS.escape(element.name)}"]:checked`) !== null;
    return [...document.querySelectorAll(operable)]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('[inert]'))
      .filter((element) => !isOther(element));
  }, OPERABLE);
}

/** Once no more come. Some pages go on asking their server, so the network does not tell. */
async function settledControlsOf(page: Page): Promise<JSHandle<Element[]>> {
  const counts: number[] = [];
  await expect(async () => {
    counts.unshift(await (await controlsOf(page)).evaluate((controls) => controls.length));
    const latest = counts.slice(0, 5);
    expect(latest.length === 5 && new Set(latest).size === 1).toBe(true);
  }).toPass({ intervals: [500] });
  return controlsOf(page);
}

test('on every page Tab goes through all controls, shows each of them, and comes around', {
  tag: '@long',
}, async ({ server, page }) => {
  for (const path of ['/', '/check', '/compare', '/status', '/what-volunteers-see', '/no/such/page', '/examples/']) {
    await page.goto(new URL(path, server.url).href);
    const controls = await settledControlsOf(page);
    const reached: number[] = [];
    const names: string[] = [];
    for (let presses = 0; presses < MAX_CONTROLS; presses++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120) ?? '');
      if (focused.startsWith('<body')) break;
      const indexOfFocused = (all: Element[]) => (document.activeElement ? all.indexOf(document.activeElement) : -1);
      reached.push(await controls.evaluate(indexOfFocused));
      names.push(/^<([\w-]+)/.exec(focused)?.[1] ?? '');
      // The switch shows its focus inside its element.
      if (focused.startsWith('<theme-switch')) continue;
      expect([path, focused, await isFocusSeen(page)]).toEqual([path, focused, true]);
    }
    const missed = await page.evaluate(
      ({ before, after, indices }) =>
        // A page may change meanwhile.
        before
          .filter((control, index) => after.includes(control) && !indices.includes(index))
          .map(({ outerHTML }) => outerHTML.slice(0, 120)),
      { before: controls, after: await controlsOf(page), indices: reached },
    );
    expect([path, missed]).toEqual([path, []]);
    // After the first page the browser's own controls, which a headless one has not, are no stop on the way around: the round may be made twice.
    const stops = new Set(reached.filter((index) => index >= 0)).size;
    // It has nothing but text, the link home and the switch of the theme.
    if (path === '/what-volunteers-see') expect([...new Set(names), stops]).toEqual(['a', 'theme-switch', 2]);
    else expect([path, stops > 2]).toEqual([path, true]);
  }
});
