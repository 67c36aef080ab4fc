import type { Locator, Page } from 'playwright/test';
import { expect, test } from '../fixtures.ts';
import { openStillGamer } from '../gamer-page.ts';
import { lookAt, openPage } from './page-state.ts';

/** Windows shows pages in the few colours that a person chose: what is told by colours alone elsewhere must still be seen there. */

/** How an element is drawn. */
function drawn(
  element: Locator,
  pseudo?: '::before',
): Promise<Record<'background' | 'image' | 'border' | 'outline', string>> {
  return element.evaluate((node, name) => {
    const { backgroundColor, backgroundImage, borderTopColor, borderTopWidth, outlineColor, outlineStyle } =
      getComputedStyle(node, name);
    return {
      background: backgroundColor,
      image: backgroundImage,
      border: borderTopWidth === '0px' ? 'none' : borderTopColor,
      outline: outlineStyle === 'none' ? 'none' : outlineColor,
    };
  }, pseudo);
}

/** The system's colour of this name, as the browser reports it. */
function systemColor(page: Page, name: string): Promise<string> {
  return page.evaluate((color) => {
    const probe = document.body.appendChild(document.createElement('i'));
    Object.assign(probe.style, { color, forcedColorAdjust: 'none' });
    const shown = getComputedStyle(probe).color;
    probe.remove();
    return shown;
  }, name);
}

test('in forced colours what is chosen, what is on and what has the focus can be seen, and a QR code can be read', {
  tag: '@long',
}, async ({ context, server }) => {
  const gamer = await context.newPage();
  await openStillGamer(gamer, server.url, '?mode=compare');
  await lookAt(gamer, 'forced');
  const ground = await systemColor(gamer, 'Canvas');
  const chosen = gamer.getByTestId('where').locator('label', { has: gamer.getByRole('radio', { checked: true }) });
  const other = gamer.getByTestId('where').locator('label', { has: gamer.getByRole('radio', { checked: false }) });
  const highlight = await systemColor(gamer, 'Highlight');
  expect((await drawn(chosen.locator('span'))).background).toBe(highlight);
  expect((await drawn(other.first().locator('span'))).background).not.toBe(highlight);

  const dot = await drawn(gamer.locator('.status-line__dot').first());
  expect(dot.border).not.toBe('none');
  expect(dot.border).not.toBe(ground);

  const handle = await drawn(gamer.getByRole('slider').locator('span'));
  expect(handle.background).not.toBe(ground);

  for (const control of [gamer.getByRole('combobox', { name: 'Quality' }), gamer.getByTestId('copy-diagnostics')]) {
    await control.focus();
    await gamer.keyboard.press('Shift');
    const { outline } = await drawn(control);
    expect([outline === 'none', outline === ground]).toEqual([false, false]);
  }

  await gamer.getByText('QR code', { exact: true }).click();
  expect((await drawn(gamer.getByRole('img', { name: /QR code/ }))).background).toBe('rgb(255, 255, 255)');
});

test('in forced colours a switch that is on differs from one that is off, and parts of a bar and their legend by patterns', {
  tag: '@long',
}, async ({ context, server }) => {
  const volunteer = await openPage({ context, serverUrl: server.url }, '/volunteer');
  await lookAt(volunteer, 'forced');
  const hours = volunteer.getByRole('switch', { name: /^Only at certain hours/ });
  const off = await drawn(hours);
  await hours.check();
  const on = await drawn(hours);
  expect(on.background).not.toBe(off.background);
  for (const state of [on, off]) expect(state.border).not.toBe('none');
  // The knob is on either.
  expect((await drawn(hours, '::before')).background).not.toBe(on.background);

  // As the gamer page draws it while a volunteer helps.
  const patterns = await volunteer.evaluate(() => {
    const bar = document.body.appendChild(document.createElement('div'));
    return ['here', 'way', 'there'].map((place) => {
      const part = bar.appendChild(document.createElement('div'));
      part.className = `stage-bar__part stage-bar__${place}`;
      const { backgroundColor, backgroundImage } = getComputedStyle(part);
      return `${backgroundColor} ${backgroundImage}`;
    });
  });
  expect(new Set(patterns).size).toBe(3);
});
