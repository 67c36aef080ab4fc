import { readFile } from 'node:fs/promises';
import type { BrowserContext, Download, Page } from 'playwright/test';
import { expect } from './fixtures.ts';

/**
 * The gamer page with its game running and its details open, and the link it shares.
 * @param query - choices, such as `?mode=compare`
 */
export async function openGamer(page: Page, serverUrl: string, query = ''): Promise<string> {
  await page.goto(new URL(`/gamer${query}`, serverUrl).href);
  await openDetails(page);
  await expect(page.getByTestId('output').locator('canvas')).toBeVisible();
  return linkOf(page);
}

/** Settings, figures, volunteers and what the game computes where. */
export async function openDetails(gamer: Page): Promise<void> {
  await gamer.getByTestId('details').getByText('Details', { exact: true }).click();
}

/** The same with a still picture instead of the game, for tests that are not about frames. */
export async function openStillGamer(page: Page, serverUrl: string, query = ''): Promise<string> {
  await withoutGame(page);
  await page.goto(new URL(`/gamer${query}`, serverUrl).href);
  await choosePicture(page);
  await openDetails(page);
  return linkOf(page);
}

/** For pages that show a picture, or nothing: without a GPU, starting the game takes a core for longer than the rest of the page. */
export async function withoutGame(pages: Page | BrowserContext): Promise<void> {
  await pages.route('**/game.worker-*', (route) => route.abort());
}

/** The invite link that the page shows. */
export function linkOf(gamer: Page): Promise<string> {
  return gamer.getByRole('textbox', { name: 'Invite link' }).inputValue();
}

/** Chooses a small picture as the gamer's source. */
export async function choosePicture(gamer: Page): Promise<void> {
  await gamer.getByTestId('source').getByRole('radio', { name: 'Picture' }).check();
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

/** The output's size, the spread of its brightness, and a rough fingerprint that tells two frames apart. */
export function lookAtOutput(page: Page): Promise<{ width: number; height: number; spread: number; print: string }> {
  return page.evaluate(() => {
    const canvas = document.querySelector('[data-testid=output] canvas');
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('there is no output');
    const [columns, rows] = [32, 18];
    const small = new OffscreenCanvas(columns, rows).getContext('2d');
    if (!small) throw new Error('no canvas');
    small.drawImage(canvas, 0, 0, columns, rows);
    const { data } = small.getImageData(0, 0, columns, rows);
    const lumas = Array.from({ length: columns * rows }, (_, i) => data[i * 4 + 1] ?? 0);
    const mean = lumas.reduce((sum, luma) => sum + luma, 0) / lumas.length;
    const spread = Math.sqrt(lumas.reduce((sum, luma) => sum + (luma - mean) ** 2, 0) / lumas.length);
    return { width: canvas.width, height: canvas.height, spread, print: lumas.join() };
  });
}

/** What the page may say of a picture: a busy machine keeps up with no more than enlarging it. */
export const TREATED =
  '(only enlarged|partly sharpened|sharpened|with (some )?detail|(fast|balanced|quality|ultra) network)';

/** What a saved file's name may say of it. */
export const TREATED_FILE = '(enlarged|sharpened|(fast|balanced|quality|ultra)-network)';

/** A machine that is busy with other work takes long to show the first picture of a source. */
export const PICTURE_WITHIN = { timeout: 75_000 };

/** Presses a save button, once there is something to save, and returns the file. */
export async function saved(page: Page, testId: string): Promise<{ name: string; base64: string }> {
  await expect(page.getByTestId(testId)).toBeEnabled(PICTURE_WITHIN);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId(testId).click()]);
  return { name: file.suggestedFilename(), base64: await contents(file) };
}

async function contents(file: Download): Promise<string> {
  return (await readFile(await file.path())).toString('base64');
}

/** Decodes a PNG in the page's browser: its size and the spread of its brightness. */
export function lookAtPng(page: Page, base64: string): Promise<{ width: number; height: number; spread: number }> {
  return page.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const { width, height } = await createImageBitmap(new Blob([bytes]));
    const small = new OffscreenCanvas(32, 18).getContext('2d');
    small?.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0, 32, 18);
    const lumas = [...(small?.getImageData(0, 0, 32, 18).data ?? [])].filter((_, at) => at % 4 === 1);
    return { width, height, spread: Math.max(...lumas) - Math.min(...lumas) };
  }, base64);
}
