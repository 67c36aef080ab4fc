// Protects: in WebKit no page is blank, none writes an error to the console, and what the browser lacks is named.
import { expect, test as base } from '../fixtures.ts';
import { ensureXvfb } from '../headed.ts';
import { supports } from '../support.ts';
import { ensureWebKit, NO_WEBKIT } from '../webkit.mjs';
import { WebKitBrowser } from './browser.ts';

const PAGES = ['', 'gamer', 'volunteer', 'check', 'compare', 'status', 'what-volunteers-see', 'examples/'];
/** How long a page is watched for errors, ms. It tries what it needs meanwhile. */
const WATCHED_MS = 3_000;
const INSTALL_TIMEOUT_MS = 600_000;

const test = base.extend<object, { webkit: WebKitBrowser | null }>({
  webkit: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
    async ({}, use) => {
      const found = await ensureWebKit();
      if (found) await ensureXvfb();
      const browser = found && (await WebKitBrowser.launch(found));
      await use(browser);
      await browser?.close();
    },
    { scope: 'worker', timeout: INSTALL_TIMEOUT_MS },
  ],
});

test('every page loads in WebKitGTK, is not blank and writes no error to the console', {
  tag: '@long',
  annotation: supports('WebKitGTK', 'everyone', 'every page loads'),
}, async ({ webkit, server }) => {
  test.skip(webkit === null, NO_WEBKIT);
  if (!webkit) return;
  for (const path of PAGES) {
    webkit.errors.length = 0;
    await webkit.goto(new URL(path, server.url).href);
    await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
    const shown = await webkit.evaluate(() => ({
      characters: document.body.innerText.length,
      hasStarted: !document.body.innerText.includes('This page did not start'),
    }));
    expect([path, webkit.errors]).toEqual([path, []]);
    expect([path, shown.hasStarted]).toEqual([path, true]);
    expect(shown.characters, path).toBeGreaterThan(100);
  }
});

test('where WebKitGTK lacks something, the page says what, and which versions have it', {
  tag: '@long',
}, async ({ webkit, server }) => {
  test.skip(webkit === null, NO_WEBKIT);
  if (!webkit) return;
  await webkit.goto(new URL('gamer', server.url).href);
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const said = await webkit.evaluate(() => ({
    hasAll: 'RTCPeerConnection' in window && 'VideoEncoder' in window,
    alerts: [...document.querySelectorAll('[role="alert"]')].map((alert) => alert.textContent ?? '').join('\n'),
  }));
  if (!said.hasAll) expect(said.alerts).toMatch(/This browser has no .*Safari \d+/s);
});

test('a volunteer in WebKitGTK computes tasks for a gamer in Chromium, where it has WebRTC', {
  tag: '@long',
}, async ({ webkit, server, gamerPage, roomOf }) => {
  test.skip(webkit === null, NO_WEBKIT);
  if (!webkit) return;
  await webkit.goto(new URL('/healthz', server.url).href);
  test.skip(!(await webkit.evaluate(() => 'RTCPeerConnection' in window)), 'This WebKitGTK is built without WebRTC.');
  test.info().annotations.push(supports('WebKitGTK', 'volunteer', 'tasks'));
  const room = roomOf('webkit');
  await webkit.evaluate(
    new Function(`return (async () => {
      window.sdk = await import('/p2c2r.js');
      window.node = await window.sdk.VolunteerNode.start({ room: ${JSON.stringify(room)}, backend: 'wasm' });
      return 1;
    })()`) as () => Promise<number>,
  );
  const gamer = await gamerPage('webkit', { where: 'volunteers' });
  const length = await gamer.evaluate(async () => {
    await window.client.whenReady({ volunteers: 1, timeoutMs: 60_000 });
    return (await window.client.submitTask('echo', { bytes: new Uint8Array(5) }).result).bytes.length;
  });
  expect(length).toBe(5);
});
