// Protects: the pages fit a phone, upright and turned, and so does the game's picture.
import { expect, test } from './fixtures.ts';
import { openGamer } from './gamer-page.ts';

const UPRIGHT = { width: 390, height: 844 };
const TURNED = { width: 844, height: 390 };

test.use({ viewport: UPRIGHT, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });

for (const path of ['gamer', 'volunteer', 'compare', 'check']) {
  test(`/${path} fits a phone, upright and turned`, { tag: '@long' }, async ({ page, server }) => {
    await page.goto(new URL(path, server.url).href);
    for (const size of [UPRIGHT, TURNED]) {
      await page.setViewportSize(size);
      await expect(page.locator('h1')).toBeVisible();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([path, size, overflow]).toEqual([path, size, 0]);
    }
  });
}

test('on a turned phone the whole picture of the game can be seen', { tag: '@long' }, async ({ page, server }) => {
  await openGamer(page, server.url);
  await page.setViewportSize(TURNED);
  const output = page.getByTestId('output').locator('canvas');
  await output.scrollIntoViewIfNeeded();
  const box = await output.boundingBox();
  expect(box?.height).toBeLessThanOrEqual(TURNED.height);
  expect(box?.width).toBeGreaterThan(TURNED.width / 3);
});
