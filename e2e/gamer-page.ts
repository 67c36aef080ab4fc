import type { Page } from 'playwright/test';
import { expect } from './fixtures.ts';

/** The gamer page with its game running, and the link it shares. */
export async function openGamer(page: Page, serverUrl: string): Promise<string> {
  await page.goto(new URL('/gamer', serverUrl).href);
  await expect(page.getByTestId('output').locator('canvas')).toBeVisible();
  return linkOf(page);
}

/** The same with a still picture in the game's place, for tests of everything but frames: a game drawn without a GPU takes all of a machine. */
export async function openStillGamer(page: Page, serverUrl: string): Promise<string> {
  await page.goto(new URL('/gamer', serverUrl).href);
  await choosePicture(page);
  return linkOf(page);
}

/** What others would follow. */
export function linkOf(gamer: Page): Promise<string> {
  return gamer.getByRole('textbox', { name: 'Invite link' }).inputValue();
}

/** A small picture as the gamer's source. */
export async function choosePicture(gamer: Page): Promise<void> {
  const png = await gamer.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
    const context = canvas.getContext('2d');
    context?.fillRect(8, 8, 20, 20);
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  });
  await gamer
    .getByTestId('source-image')
    .setInputFiles({ name: 'square.png', mimeType: 'image/png', buffer: Buffer.from(png, 'base64') });
}
