import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';

const FORMULAS = ['small', 'bilinear', 'bicubic', 'spatial'];
const NETWORKS = ['fast', 'balanced', 'quality', 'ultra'];
const SMALL = fileURLToPath(new URL('../web/public/compare/coins.small.png', import.meta.url));

async function openCompare(page: Page, serverUrl: string): Promise<void> {
  await page.goto(new URL('/compare', serverUrl).href);
  await expect(page.getByTestId('tile-quality')).toBeVisible();
  await expect(page.locator('[data-state=working]')).toHaveCount(0);
}

/** Size of a tile's picture, and how many different brightness values it has. */
function lookAtTile(page: Page, method: string): Promise<{ width: number; height: number; greens: number }> {
  return page
    .getByTestId(`tile-${method}`)
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const { width, height } = canvas;
      const data = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
      return { width, height, greens: new Set([...data].filter((_, i) => i % 4 === 1)).size };
    });
}

/** The network's picture was made and measured against the truth. */
async function expectNetworkTile(page: Page, network: string): Promise<void> {
  const tile = page.getByTestId(`tile-${network}`);
  expect(await lookAtTile(page, network)).toMatchObject({ width: 192, height: 128 });
  await expect(tile).toContainText('dB');
}

test('every method is shown beside the truth, with its time, its PSNR and its SSIM', {
  tag: '@gpu',
}, async ({ page, server }) => {
  await openCompare(page, server.url);
  for (const method of [...FORMULAS, 'sharpened', 'fsr1', 'truth']) {
    const { width, height, greens } = await lookAtTile(page, method);
    expect([method, width, height]).toEqual([method, 192, 128]);
    expect(greens).toBeGreaterThan(20);
  }
  for (const method of ['bilinear', 'bicubic', 'spatial']) {
    await expect(page.getByTestId(`tile-${method}`)).toContainText(/\d+\.\d\d dB, 0\.\d{3}.*\d ms on/);
  }
  for (const network of NETWORKS) await expectNetworkTile(page, network);
  await expect(page.getByTestId('subject')).toContainText('SuperTuxKart');

  await page.getByTestId('scene').getByRole('radio', { name: 'Coins' }).check();
  await expect(page.getByTestId('subject')).toContainText('Neverball');
  await expect(page.locator('[data-state=working]')).toHaveCount(0);
  expect(await lookAtTile(page, 'spatial')).toMatchObject({ width: 192, height: 128 });
});

test('our own game is drawn in the page, and a temporal upscale of it is shown beside the others @long', async ({
  page,
  server,
}) => {
  await openCompare(page, server.url);
  await expect(page.getByTestId('tile-taau')).toHaveCount(0);
  await page.getByTestId('scene').getByRole('radio', { name: 'Our game' }).check();
  await expect(page.getByTestId('tile-taau')).toContainText('dB');
  await expect(page.getByTestId('subject')).toContainText('drawn just now by your browser');
  await expect(page.locator('[data-state=working]')).toHaveCount(0);
  for (const method of ['sharpened', 'fsr1', 'taau', 'truth']) {
    const { width, height, greens } = await lookAtTile(page, method);
    expect([method, width, height]).toEqual([method, 384, 216]);
    expect(greens).toBeGreaterThan(50);
  }
});

test('all pictures are shown at the same zoom, also in a browser without WebRTC', async ({ page, server }) => {
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'));
  await openCompare(page, server.url);
  await page.getByTestId('nearer').click();
  const transforms = await page
    .locator('.pane__picture')
    .evaluateAll((canvases) => canvases.map((canvas) => canvas instanceof HTMLElement && canvas.style.transform));
  expect(transforms.length).toBeGreaterThan(FORMULAS.length);
  expect(new Set(transforms)).toEqual(new Set(['translate(-25%, -25%) scale(1.5)']));
});

test('a visitor’s own picture has no truth, and a file that is no picture is refused with a sentence', async ({
  page,
  server,
}) => {
  await openCompare(page, server.url);
  await page.getByTestId('own-picture').setInputFiles(SMALL);
  await expect(page.getByTestId('subject')).toContainText('coins.small.png: 96 × 64 pixels');
  await expect(page.locator('[data-state=working]')).toHaveCount(0);
  expect(await lookAtTile(page, 'spatial')).toMatchObject({ width: 192, height: 128 });
  await expect(page.getByTestId('tile-truth')).toHaveCount(0);
  await expect(page.getByText('dB:')).toHaveCount(0);

  await page
    .getByTestId('own-picture')
    .setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no') });
  await expect(page.getByRole('alert')).toContainText('cannot read “a.png”');
});

test('networks that cannot be fetched say so in their tiles, and the other tiles are complete', async ({
  context,
  page,
  server,
}) => {
  await context.route('**/models/**', (route) => route.abort());
  await openCompare(page, server.url);
  for (const network of NETWORKS) {
    const tile = page.getByTestId(`tile-${network}`);
    await expect(tile).toHaveAttribute('data-state', 'failed');
    await expect(tile.getByRole('note')).not.toBeEmpty();
  }
  expect(await lookAtTile(page, 'spatial')).toMatchObject({ width: 192, height: 128 });
});
