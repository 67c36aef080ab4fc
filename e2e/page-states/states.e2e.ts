import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright/test';
import { expect, test } from '../fixtures.ts';
import { GAMER_STATES } from './gamer-states.ts';
import { OTHER_STATES } from './other-states.ts';
import { layoutShiftOf, lookAt, movedElements, watchLayout } from './page-state.ts';
import { VOLUNTEER_STATES } from './volunteer-states.ts';

/** Every state of every page, not only the first: nothing that axe finds in either theme, and nothing that jumps while it comes about. */

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 to level AA, and what axe recommends besides. */
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** A tenth of what counts as good (https://web.dev/articles/cls). */
const MAX_LAYOUT_SHIFT = 0.01;

declare global {
  interface Window {
    axe: { run(options: RunOptions): Promise<AxeResults> };
  }
}

for (const state of [...OTHER_STATES, ...GAMER_STATES, ...VOLUNTEER_STATES]) {
  test(`axe finds nothing in ${state.name}, in either theme, and nothing moved on the way there`, {
    tag: '@long',
  }, async ({ context, server }) => {
    await watchLayout(context);
    const page = await state.open({ context, serverUrl: server.url });
    expect.soft(await tellsThatItStarted(page)).toBe(true);
    expect.soft(await layoutShiftOf(page), (await movedElements(page)).join('\n')).toBeLessThan(MAX_LAYOUT_SHIFT);
    // Through the protocol, which no Content-Security-Policy stops.
    await page.evaluate(AXE);
    for (const look of ['dark', 'light'] as const) {
      await lookAt(page, look);
      await expect(page.locator('html')).toHaveAttribute('data-theme', look);
      expect.soft(await violations(page, state.exceptions ?? []), look).toEqual([]);
    }
  });
}

/** Whether what the page says where its script does not run is gone, and will not be seen later. */
function tellsThatItStarted(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const unstarted = document.querySelector('.unstarted');
    return !unstarted || getComputedStyle(unstarted).display === 'none' || unstarted.matches(':only-child');
  });
}

/** A line for each element that breaks a rule. */
async function violations(page: Page, exceptions: readonly string[]): Promise<string[]> {
  const found = await page.evaluate(
    ({ values, off }) =>
      window.axe.run({
        runOnly: { type: 'tag', values },
        rules: Object.fromEntries(off.map((rule) => [rule, { enabled: false }])),
        resultTypes: ['violations'],
      }),
    { values: STANDARDS, off: [...exceptions] },
  );
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.split('\n')[1]?.trim()}`),
  );
}

test('the theme is the system’s until the person chooses one, which every page and open tab remembers', {
  tag: '@long',
}, async ({ context, server }) => {
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: 'light' });
  const themeOf = (tab: Page) => expect(tab.locator('html'));
  await page.goto(new URL('/what-volunteers-see', server.url).href);
  await themeOf(page).toHaveAttribute('data-theme', 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await themeOf(page).toHaveAttribute('data-theme', 'dark');

  const other = await context.newPage();
  await other.emulateMedia({ colorScheme: 'dark' });
  await other.goto(new URL('/examples/', server.url).href);
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('Light');
  await themeOf(page).toHaveAttribute('data-theme', 'light');
  await themeOf(other).toHaveAttribute('data-theme', 'light');
  await expect(page.locator('meta[name=theme-color]')).toHaveAttribute('content', '#f4f6fa');
  for (const path of ['/', '/compare', '/no/such/page', '/examples/upscale.html']) {
    await page.goto(new URL(path, server.url).href);
    await themeOf(page).toHaveAttribute('data-theme', 'light');
    await expect(page.getByRole('combobox', { name: 'Theme' })).toHaveValue('light');
  }
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('Auto');
  await themeOf(page).toHaveAttribute('data-theme', 'dark');
});
