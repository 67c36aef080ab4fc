import type { BrowserContext, Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';

/** The gamer page with its game running, and the link it shares. */
async function openGamer(page: Page, serverUrl: string): Promise<string> {
  await page.goto(new URL('/gamer', serverUrl).href);
  await expect(page.getByTestId('output').locator('canvas')).toBeVisible();
  return page.getByRole('textbox', { name: 'Invite link' }).inputValue();
}

/** A gamer's page, and a volunteer's that followed its link and pressed Start; frames go there. */
async function openBoth(context: BrowserContext, serverUrl: string): Promise<{ gamer: Page; volunteer: Page }> {
  const gamer = await context.newPage();
  const invite = await openGamer(gamer, serverUrl);
  const volunteer = await context.newPage();
  await volunteer.goto(invite);
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByTestId('pause')).toBeEnabled();
  await gamer.getByTestId('where').getByRole('radio', { name: 'Volunteers' }).check();
  return { gamer, volunteer };
}

/** The output's size, how much its brightness varies, and a rough print of it to tell two moments apart. */
function lookAtOutput(page: Page): Promise<{ width: number; height: number; spread: number; print: string }> {
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

test('a gamer shares a link, a volunteer follows it, and the game comes back sharper', async ({ server, context }) => {
  const { gamer, volunteer } = await openBoth(context, server.url);

  const volunteerName = (await gamer.locator('.volunteers__name').textContent()) ?? '';
  await expect(gamer.getByTestId('helpers')).toHaveText(volunteerName);
  await expect(gamer.getByTestId('fps')).not.toHaveText(/^[0–]$/);
  await expect(gamer.getByTestId('latency')).toHaveText(/\d/);
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');

  const first = await lookAtOutput(gamer);
  expect([first.width, first.height]).toEqual([1280, 720]);
  // Not a blank picture, and it moves by itself.
  expect(first.spread).toBeGreaterThan(5);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(first.print);
});

test('alone with one machine: a button opens a second window that starts at once and helps', async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  const opening = context.waitForEvent('page');
  await gamer.getByTestId('open-volunteer').click();
  const volunteer = await opening;
  await expect(volunteer.getByTestId('pause')).toBeEnabled();
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');
  await expect(gamer.getByTestId('where').getByRole('radio', { name: 'Volunteers' })).toBeChecked();
  await expect(gamer.locator('.volunteers__name')).toHaveCount(1);
});

test('when the volunteer closes its page, the picture goes on here', async ({ server, context }) => {
  const { gamer, volunteer } = await openBoth(context, server.url);
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');
  await volunteer.close();

  await expect(gamer.getByTestId('helpers')).toHaveText('this computer');
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
});

test('a volunteer pauses in one click, gets nothing meanwhile, and goes on', async ({ server, context }) => {
  const { gamer, volunteer } = await openBoth(context, server.url);
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');

  await volunteer.getByTestId('pause').click();
  await expect(volunteer.getByTestId('status')).toContainText(/paused/i);
  await expect(gamer.getByTestId('helpers')).toHaveText('this computer');
  await volunteer.getByTestId('pause').click();
  await expect(gamer.getByTestId('helpers')).not.toHaveText('this computer');
});

test('a picture is sharpened as a task and can be saved', async ({ server, context }) => {
  const { gamer } = await openBoth(context, server.url);
  const png = await gamer.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
    const context = canvas.getContext('2d');
    context?.fillRect(8, 8, 20, 20);
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  });
  await gamer
    .getByTestId('source-image')
    .setInputFiles({ name: 'square.png', mimeType: 'image/png', buffer: Buffer.from(png, 'base64') });
  await expect(gamer.getByTestId('output').locator('canvas')).toHaveJSProperty('width', 128);
  await expect(gamer.getByTestId('helpers')).not.toHaveText('this computer');
  const saving = gamer.waitForEvent('download');
  await gamer.getByRole('button', { name: /save/i }).click();
  expect((await saving).suggestedFilename()).toBe('square-2x.png');
});

test('a file that is no picture is refused in words, and the game is a click away', async ({ server, context }) => {
  const gamer = await context.newPage();
  await openGamer(gamer, server.url);
  await gamer
    .getByTestId('source-image')
    .setInputFiles({ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') });
  await expect(gamer.getByRole('alert')).toContainText('broken.png');
  await gamer.getByRole('button', { name: 'Back to the game' }).click();
  await expect(gamer.getByRole('alert')).toHaveCount(0);
  await expect(gamer.getByTestId('output').locator('canvas')).toBeVisible();
});

test('a link that invites nobody, and a browser without WebRTC, are told on the page', async ({ server, context }) => {
  const volunteer = await context.newPage();
  const gamer = await context.newPage();
  const invite = new URL(await openGamer(gamer, server.url));
  await volunteer.goto(invite.href.replace(/invite=[^&]+/, 'invite=forged'));
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByRole('alert')).toContainText(/invite/i);

  const walled = await context.newPage();
  await walled.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'));
  await walled.goto(new URL('/gamer', server.url).href);
  await expect(walled.getByRole('alert')).toContainText('WebRTC');
});
