import type { Page } from 'playwright/test';
import type { ConnectionReport } from '../web/sdk/p2c2r.ts';
import { test as base, expect, openSdk } from './fixtures.ts';
import { startServer } from './server.ts';
import { startTurnServer, TURN_FIXTURE_TIMEOUT_MS } from './turn-server.mjs';

interface Fixtures {
  /** A server with a relay that is reached by UDP and TCP. */
  relayed: { url: string; turnUrls: string[] };
}

const test = base.extend<Fixtures>({
  relayed: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
    async ({}, use) => {
      const turn = await startTurnServer({ hasTcp: true });
      const turnUrls = ['udp', 'tcp'].map((transport) => `turn:127.0.0.1:${turn.port}?transport=${transport}`);
      const server = await startServer({ env: { TURN_URLS: turnUrls.join(), TURN_SECRET: turn.secret } });
      await use({ url: server.url, turnUrls });
      await server.stop();
      await turn.stop();
    },
    { timeout: TURN_FIXTURE_TIMEOUT_MS },
  ],
});

test('/check reaches a real relay by UDP and TCP with a credential of its own and sends data through it; a forged one is named as the cause', async ({
  page,
  relayed,
}) => {
  await page.goto(new URL('/check', relayed.url).href);
  const step = (name: string) => page.getByTestId(`step-${name}`);
  for (let more = 0; more < 3 && isOutOfTime(await shownReport(page)); more++) await page.getByTestId('again').click();
  for (const name of ['server', 'stun', 'relay-udp', 'relay-tcp', 'relay-need']) {
    await expect(step(name)).toContainText('Works');
  }
  // A busy machine may be slower than what a stream uses.
  await expect(step('throughput')).toContainText(/Mb\/s down through the relay/);
  await expect(step('relay-tls')).toContainText('Add turns:HOST:5349?transport=tcp to TURN_URLS');
  const report = await shownReport(page);
  expect(report.ok).toBe(true);
  const { figures } = report.steps.find(({ name }) => name === 'throughput') ?? {};
  expect(figures).toMatchObject({ path: 'relay' });
  expect(Math.min(Number(figures?.upMbps), Number(figures?.downMbps))).toBeGreaterThan(0);
  expect(JSON.stringify(report)).not.toContain('127.0.0.1');

  await openSdk(page, relayed.url);
  await page.evaluate(async ([urls = '']) => {
    const iceServers = [{ urls, username: `${Math.round(Date.now() / 1_000) + 60}:a`, credential: 'Zm9yZ2Vk' }];
    window.client = await window.sdk.GamerClient.connect({ iceServers });
  }, relayed.turnUrls);
  const refused = await testConnection(page);
  const found = (name: string) => refused.steps.find((one) => one.name === name);
  expect(found('relay-udp')).toMatchObject({ ok: false, found: expect.stringContaining('refuses the credential') });
  expect(found('relay-udp')?.nextForHost).toContain('static-auth-secret');
  expect(found('relay-need')?.found).toContain('The relay does not work from here');
});

test('without a relay client.testConnection() says so, what it means and what to do, also for WebGPU on Linux', async ({
  page,
  server,
}) => {
  await openSdk(page, server.url);
  await page.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect();
  });
  const report = await testConnection(page);
  expect(report.steps.filter(({ ok, required }) => required && !ok)).toEqual([]);
  expect(report.ok).toBe(true);
  const step = (name: string) => report.steps.find((one) => one.name === name);
  expect(step('server')).toMatchObject({ ok: true, figures: { transport: 'websocket' } });
  expect(step('relay')).toMatchObject({ ok: false, nextForHost: expect.stringContaining('TURN_URLS') });
  expect(step('throughput')).toMatchObject({ ok: true, figures: { path: 'direct' } });
  expect(step('webcodecs')?.found).toMatch(/^Encodes in .*VP8/);
  if (process.platform === 'linux') expect(step('webgpu')?.next).toContain('--enable-unsafe-webgpu');
  for (const { ok, next } of report.steps) expect(ok || Boolean(next)).toBe(true);
});

const isOutOfTime = ({ steps }: ConnectionReport) =>
  steps.some(({ name, ok, found }) => !ok && (name === 'server' || /within [\d.]+ s: .*too busy/.test(found)));

/** What /check found, once it has. */
async function shownReport(page: Page): Promise<ConnectionReport> {
  await expect(page.getByTestId('again')).not.toHaveAttribute('aria-disabled', 'true');
  return JSON.parse((await page.getByTestId('json').textContent()) ?? '');
}

/** Of a server that runs. A machine too busy to reach it, or to finish, within the test's ten seconds is told so, and to test again. */
async function testConnection(page: Page): Promise<ConnectionReport> {
  let report = await page.evaluate(() => window.client.testConnection());
  for (let more = 0; more < 3 && isOutOfTime(report); more++)
    report = await page.evaluate(() => window.client.testConnection());
  return report;
}
