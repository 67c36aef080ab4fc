// Protects: in WebKit no page is blank, none has an error that it does not catch, and what the browser lacks is named.

import { VERSION } from '../browser-versions.mjs';
import { test as base, expect } from '../fixtures.ts';
import { ensureXvfb } from '../headed.ts';
import { PAGES, supports } from '../support.ts';
import { ensureWebKit, NO_WEBKIT } from '../webkit.mjs';
import { WebKitBrowser } from './browser.ts';

/** Also pages without a script of their own, and two that load the SDK as a game does. */
const VISITED = [...PAGES, 'no-such-page', 'docs/', 'examples/upscale.html', 'examples/stream.html'];
/** How long a page is watched for errors after it has begun, ms. It tries what it needs meanwhile. */
const WATCHED_MS = 2_000;
const STARTED_WITHIN = { timeout: 60_000, intervals: [100] };
const INSTALL_TIMEOUT_MS = 600_000;

const test = base.extend<{ webkit: WebKitBrowser }, { launched: WebKitBrowser | null }>({
  launched: [
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
  webkit: async ({ launched }, use, info) => {
    info.skip(launched === null, NO_WEBKIT);
    if (!launched) return;
    info.annotations.push({ type: VERSION, description: `WebKitGTK ${launched.version}` });
    await use(launched);
  },
});

/** What is shown: a part of the page is for browsers without scripts. */
function textIn(webkit: WebKitBrowser): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: text that is not shown does not count.
  return webkit.evaluate(() => document.body.innerText);
}

// A test for each, since one that crashes takes the browser with it.
for (const path of VISITED) {
  test(`/${path} loads in WebKitGTK, is not blank and has no uncaught error`, {
    tag: '@long',
    annotation: supports('WebKitGTK', 'everyone', 'every page loads'),
  }, async ({ webkit, server }) => {
    await webkit.goto(new URL(path, server.url).href);
    await expect.poll(async () => (await textIn(webkit)).length, STARTED_WITHIN).toBeGreaterThan(100);
    await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
    expect(await textIn(webkit)).not.toContain('This page did not start');
    // Also hidden, it has the first error.
    expect(await webkit.evaluate(() => document.querySelector('.unstarted')?.textContent ?? '')).not.toContain(
      'The browser says:',
    );
    expect(await webkit.errors()).toEqual([]);
  });
}

test('where WebKitGTK lacks something, the page says what, and which versions have it', {
  tag: '@long',
}, async ({ webkit, server }) => {
  await webkit.goto(new URL('gamer', server.url).href);
  const hasAll = await webkit.evaluate(() => 'RTCPeerConnection' in window && 'VideoEncoder' in window);
  test.info().skip(hasAll, 'This WebKitGTK lacks nothing.');
  await expect.poll(() => textIn(webkit), STARTED_WITHIN).toMatch(/This browser has no .*Safari \d+/s);
});

test('a volunteer in WebKitGTK computes tasks for a gamer in Chromium, where it has WebRTC', {
  tag: '@long',
}, async ({ webkit, server, gamerPage, roomOf }) => {
  await webkit.goto(new URL('/healthz', server.url).href);
  const hasWebRtc = await webkit.evaluate(() => 'RTCPeerConnection' in window);
  test.info().skip(!hasWebRtc, 'This WebKitGTK is built without WebRTC.');
  test.info().annotations.push(supports('WebKitGTK', 'volunteer', 'tasks'));
  await webkit.evaluate(async (room) => {
    window.sdk = await import('/p2c2r.js' as string);
    window.node = await window.sdk.VolunteerNode.start({ room, backend: 'wasm' });
    return true;
  }, roomOf('webkit'));
  const gamer = await gamerPage('webkit', { where: 'volunteers' });
  const length = await gamer.evaluate(async () => {
    await window.client.whenReady({ volunteers: 1, timeoutMs: 60_000 });
    return (await window.client.submitTask('echo', { bytes: new Uint8Array(5) }).result).bytes.length;
  });
  expect(length).toBe(5);
});
