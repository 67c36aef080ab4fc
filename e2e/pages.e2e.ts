import type { BrowserContext, Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import {
  choosePicture,
  lookAtOutput,
  lookAtPng,
  openGamer,
  openStillGamer,
  saved,
  TREATED_FILE,
} from './gamer-page.ts';
import { startServer } from './server.ts';

/** A gamer's page, and a volunteer's that followed its link and pressed Start. Frames go to the volunteer. */
async function openBoth(
  context: BrowserContext,
  serverUrl: string,
  open = openGamer,
): Promise<{ gamer: Page; volunteer: Page }> {
  const gamer = await context.newPage();
  const invite = await open(gamer, serverUrl);
  const volunteer = await context.newPage();
  await volunteer.goto(invite);
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByTestId('pause')).toBeEnabled();
  await gamer.getByTestId('where').getByRole('radio', { name: 'Volunteers' }).check();
  return { gamer, volunteer };
}

/** For tests that are not about quality. */
async function makeFramesCheap(gamer: Page): Promise<void> {
  await gamer.getByRole('combobox', { name: 'Quality' }).selectOption('spatial');
}

test('a gamer shares a link, a volunteer follows it, and the game comes back sharper', {
  tag: ['@smoke', '@gpu'],
}, async ({ server, context }) => {
  test.slow();
  const { gamer, volunteer } = await openBoth(context, server.url);
  // Where WebGPU runs on the processor, a network's detail comes too late for all frames of a slow machine.
  await makeFramesCheap(gamer);

  const volunteerName = (await gamer.locator('.volunteers__name').textContent()) ?? '';
  await expect(gamer.locator('.volunteers__share')).toHaveText(/^[1-9]\d* % of frames$/, { timeout: 120_000 });
  // Whoever the page says sharpened them, it was no other.
  await expect(gamer.getByTestId('helpers')).toHaveText(new RegExp(`^(–|“${volunteerName}”)$`));
  await expect(gamer.getByTestId('fps')).not.toHaveText(/^[0–]$/);
  await expect(gamer.getByTestId('latency')).toHaveText(/\d/);
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');

  const first = await lookAtOutput(gamer);
  expect([first.width, first.height]).toEqual([1280, 720]);
  // The picture is not blank, and it moves.
  expect(first.spread).toBeGreaterThan(5);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(first.print);
});

test('on one machine, a button opens a second window that starts at once and helps', async ({ server, context }) => {
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

test('a volunteer pauses in one click, gets nothing meanwhile, and goes on; when it closes its page, the picture goes on here', {
  tag: '@long',
}, async ({ server, context }) => {
  const { gamer, volunteer } = await openBoth(context, server.url);
  await makeFramesCheap(gamer);
  await expect(volunteer.getByTestId('frames')).not.toHaveText('0');

  await volunteer.getByTestId('pause').click();
  await expect(volunteer.getByTestId('status')).toContainText(/paused/i);
  await expect(gamer.getByTestId('status')).toContainText('Only enlarged: no volunteer is helping.');
  await volunteer.getByTestId('pause').click();
  await expect(gamer.getByTestId('status')).not.toContainText('no volunteer is helping');

  await volunteer.close();
  await expect(gamer.getByTestId('status')).toContainText('Only enlarged: no volunteer is helping.');
  const { print } = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(print);
});

test('a picture is sharpened as a task and can be saved', async ({ server, context }) => {
  const { gamer } = await openBoth(context, server.url, openStillGamer);
  await expect(gamer.getByTestId('output').locator('canvas')).toHaveJSProperty('width', 128);
  await expect(gamer.getByTestId('helpers')).not.toHaveText('this computer');
  const { name, base64 } = await saved(gamer, 'save-after');
  expect(name).toMatch(new RegExp(`^square-${TREATED_FILE}-2x\\.png$`));
  expect(await lookAtPng(gamer, base64)).toMatchObject({ width: 128, height: 72 });
});

test('a network may be chosen while a stream runs: the picture goes on, and the page names the quality in use', {
  tag: ['@gpu', '@long'],
}, async ({ server, context }) => {
  const { gamer, volunteer } = await openBoth(context, server.url);
  await expect(gamer.getByTestId('latency')).toHaveText(/\d/);
  await gamer.getByRole('combobox', { name: 'Quality' }).selectOption({ label: 'Network: quality' });
  await expect(
    gamer.getByText(/^(Only enlarged, with the bicubic|with the (spatial filter|.* network))/),
  ).toBeVisible();
  const before = await lookAtOutput(gamer);
  await expect.poll(async () => (await lookAtOutput(gamer)).print).not.toBe(before.print);
  await expect(volunteer.getByText(/^Computing with/)).toBeVisible();
  await choosePicture(gamer);
  await expect(gamer.getByTestId('helpers')).not.toHaveText('–');
});

test('the page explains a forged invite, and a browser without WebRTC', async ({ server, context }) => {
  const volunteer = await context.newPage();
  const gamer = await context.newPage();
  const invite = new URL(await openStillGamer(gamer, server.url));
  await volunteer.goto(invite.href.replace(/invite=[^&]+/, 'invite=forged'));
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByRole('alert')).toContainText(/invite/i);

  const walled = await context.newPage();
  await walled.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'));
  await walled.goto(new URL('/gamer', server.url).href);
  await expect(walled.getByRole('alert')).toContainText('WebRTC');
  await expect(walled.getByRole('alert').getByTestId('check')).toHaveAttribute('href', 'check');
});

test('diagnostics describe the session without room, invite, names, keys or addresses', async ({ context }) => {
  const turn = { TURN_URLS: 'turn:192.0.2.7:3478', TURN_SECRET: 'a-long-secret-for-the-test' };
  const server = await startServer({ env: turn });
  // The messages between the browsers and the server contain every secret there is.
  const said: string[] = [];
  context.on('page', (page) =>
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => said.push(String(payload)));
      socket.on('framereceived', ({ payload }) => said.push(String(payload)));
    }),
  );
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(server.url).origin });
  const { gamer, volunteer } = await openBoth(context, server.url, openStillGamer);
  const volunteerName = (await gamer.locator('.volunteers__name').textContent()) ?? '';

  await gamer.getByTestId('copy-diagnostics').click();
  await expect(gamer.getByTestId('copy-diagnostics')).toHaveText('Copied');
  const gamerText = await gamer.evaluate(() => navigator.clipboard.readText());
  // Without a clipboard the report is shown, selected.
  await volunteer.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await volunteer.getByTestId('copy-diagnostics').click();
  const volunteerText = await volunteer.getByTestId('diagnostics-text').inputValue();

  const report = JSON.parse(gamerText);
  expect(report).toMatchObject({ role: 'gamer', state: 'online', links: [{ state: 'open', barred: false }] });
  expect(report.links[0].candidates).not.toBeNull();
  expect(report.tasks.submitted).toBeGreaterThan(0);
  expect(report.log.join('\n')).toMatch(/net\.link connecting[\s\S]*net\.link open/);
  const others = JSON.parse(volunteerText);
  expect(others).toMatchObject({ role: 'volunteer', state: 'serving', links: [{ state: 'open' }] });
  // The log of its worker.
  expect(others.log.join('\n')).toContain('compute.backends chosen');

  const secrets = [
    ...secretsIn(said),
    volunteerName,
    new URL(server.url).host,
    '127.0.0.1',
    '192.0.2.7',
    'turn:',
    'square',
  ];
  expect(secrets.length).toBeGreaterThan(12);
  for (const secret of secrets) for (const text of [gamerText, volunteerText]) expect(text).not.toContain(secret);
  await server.stop();
});

/** Values of these fields, and addresses in ICE candidates, anywhere in the messages. */
function secretsIn(said: readonly string[]): string[] {
  const text = said.join('\n');
  const named = [
    ...text.matchAll(/"(?:room|invite|pass|token|sessionKey|id|peerId|name|username|credential)":"([^"]{5,})"/g),
  ];
  const candidates = [...text.matchAll(/candidate:\d+ \d+ \w+ \d+ (\S+) /g)];
  const found = [...named, ...candidates].map(([, value]) => value ?? '');
  expect(candidates.length).toBeGreaterThan(0);
  for (const name of ['room', 'sessionKey', 'credential']) expect(text).toContain(`"${name}":"`);
  return [...new Set(found)];
}

test('a page whose script does not load says so, instead of being blank', async ({ page, server }) => {
  await page.route(/\.js$/, (route) => route.abort());
  for (const path of ['gamer', 'volunteer', 'compare', 'check', 'status']) {
    await page.goto(new URL(path, server.url).href);
    await expect(page.getByText('This page did not start')).toBeAttached();
  }
  await expect(page.getByText('This page did not start')).toBeVisible();
});

const UPRIGHT = { width: 390, height: 844 };
const TURNED = { width: 844, height: 390 };

test.describe('on a phone', () => {
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
});
