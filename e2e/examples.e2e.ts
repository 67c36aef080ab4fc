import type { Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';

test('the upscale example runs here, and then on the helper it invites', async ({ context, server }) => {
  const page = await openExample(await context.newPage(), server.url, 'upscale.html');
  await expect(page.locator('#status')).toHaveText(/^320x200 to 640x400 in \d+ ms, .* by this computer/);
  expect(await distinctColors(page, '#after')).toBeGreaterThan(50);
  await inviteHelper(page);
  await page.locator('#quality').selectOption('bilinear');
  await expect(page.locator('#status')).toHaveText(/^320x200 to 640x400 .* by /);
});

test('the ray-tracing example splits a picture into tiles over everyone who helps, and all tiles arrive', {
  tag: '@long',
}, async ({ context, server }) => {
  const page = await openExample(await context.newPage(), server.url, 'raytracing.html');
  await expect(page.locator('#status')).toHaveText(/^40 tiles in /);
  await expect(page.locator('#shares')).toHaveText('this computer: 40');
  expect(await distinctColors(page, '#picture')).toBeGreaterThan(200);
  await inviteHelper(page);
  await page.locator('#render').click();
  await expect(page.locator('#shares li')).toHaveCount(2);
  await expect(page.locator('#status')).toHaveText(/^40 tiles in /);
  const counts = (await page.locator('#shares li').allTextContents()).map((text) => Number(/\d+$/.exec(text)?.[0]));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40);
});

test('the inference example runs a network in batches, and draws every answer', { tag: '@long' }, async ({
  context,
  server,
}) => {
  const page = await openExample(await context.newPage(), server.url, 'inference.html');
  await expect(page.locator('#status')).toHaveText(/^6144 ships in 48 batches: \d+ ms, by this computer$/);
  expect(await distinctColors(page, '#map')).toBeGreaterThan(20);
  await inviteHelper(page);
  await page.locator('#run').click();
  await expect(page.locator('#status')).toHaveText(/^6144 ships in 48 batches: /);
});

test('the attach example lays the sharpened picture over its game, and gives it back', async ({ context, server }) => {
  const page = await openExample(await context.newPage(), server.url, 'attach.html');
  await expect(page.locator('p2c2r-overlay')).toHaveCount(1);
  const drawn = () => page.locator('#game').evaluate((game: HTMLCanvasElement) => game.width / game.clientWidth);
  expect(await drawn()).toBeCloseTo(0.5, 1);
  await page.locator('#toggle').click();
  await expect(page.locator('#status')).toHaveText('The game’s own picture, at its full size.');
  await expect(page.locator('p2c2r-overlay')).toHaveCount(0);
  expect(await drawn()).toBeCloseTo(1, 1);
});

test('the stream example shows a live picture that is larger than its source, and its quality may change', {
  tag: '@long',
}, async ({ context, server }) => {
  const page = await openExample(await context.newPage(), server.url, 'stream.html');
  await expect(page.locator('#live canvas')).toHaveJSProperty('width', 640);
  await expect(page.locator('#status')).toHaveText(/^\d+ frames a second, \d+ ms from drawn to shown/);
  expect(await drawnPixels(page, '#live canvas')).toBeGreaterThan(50);
  await page.locator('#quality').selectOption('spatial');
  await expect(page.locator('#what')).toHaveText(/^the stream: 640 by 360, sharpened \d+ % by this computer$/);
});

test('the tag example sharpens its canvas, and leaves it as it was when the tag is taken away', {
  tag: '@long',
}, async ({ context, server }) => {
  const page = await openExample(await context.newPage(), server.url, 'element.html');
  await expect(page.locator('p2c2r-overlay')).toHaveCount(1);
  await expect(page.locator('#helpers')).toHaveText('No helpers: this computer does the work.');
  await page.locator('#toggle').click();
  await expect(page.locator('p2c2r-overlay')).toHaveCount(0);
  await expect(page.locator('#status')).toHaveText('The canvas as it is.');
  await page.locator('#toggle').click();
  await expect(page.locator('p2c2r-overlay')).toHaveCount(1);
});

test('the documents are at /docs, and lead to each other, to their types and to the examples', async ({
  context,
  server,
}) => {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  await page.goto(new URL('/docs', server.url).href);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Documentation');
  await page.getByRole('navigation').getByRole('link', { name: 'The SDK', exact: true }).click();
  await expect(page).toHaveURL(/\/docs\/sdk$/);
  await expect(page.locator('body')).toHaveCSS('margin-top', '0px');
  await page.getByRole('link', { name: 'types.ts', exact: true }).click();
  await page.getByRole('main').getByRole('link', { name: 'p2c2r', exact: true }).click();
  await page.getByRole('main').getByRole('link', { name: 'GamerClient', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('GamerClient');
  await page.getByRole('banner').getByRole('link', { name: 'Documentation' }).click();
  await page.getByRole('main').getByRole('link', { name: 'examples', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Small examples');
  expect(complaints).toEqual([]);
});

/** Opens an example from the list of examples. Any error on the page fails the test. */
async function openExample(page: Page, serverUrl: string, file: string): Promise<Page> {
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(new URL('/examples/', serverUrl).href);
  await page.locator(`a[href="./${file}"]`).click();
  return page;
}

/** Starts a helper in the window that the page opens, as its user would. */
async function inviteHelper(page: Page): Promise<void> {
  const opening = page.context().waitForEvent('page');
  await page.locator('#invite').click();
  const helper = await opening;
  await helper.getByRole('button', { name: 'Start' }).click();
  await expect(page.locator('#helpers')).toHaveText('1 linked');
}

/** As {@link distinctColors}, of a canvas whose context belongs to a worker. */
async function drawnPixels(page: Page, selector: string): Promise<number> {
  const copy = await page.locator(selector).evaluateHandle((live: HTMLCanvasElement) => {
    const copy = document.createElement('canvas');
    copy.id = 'copy';
    Object.assign(copy, { width: live.width, height: live.height });
    copy.getContext('2d')?.drawImage(live, 0, 0);
    document.body.append(copy);
    return copy;
  });
  const colors = await distinctColors(page, '#copy');
  await copy.evaluate((canvas) => canvas.remove());
  return colors;
}

/** Counts the colours of every 97th pixel: an empty canvas has one. */
function distinctColors(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    const colors = new Set<string>();
    for (let at = 0; at < data.length; at += 97 * 4) colors.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
    return colors.size;
  });
}
