import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright/test';
import { SIGNALING } from '../shared/protocol-limits.ts';
import { test as base, expect } from './fixtures.ts';
import { openStillGamer } from './gamer-page.ts';
import { startServer } from './server.ts';
import { supports } from './support.ts';
import { startTurnServer, TURN_FIXTURE_TIMEOUT_MS } from './turn-server.mjs';

/** What the pages say and do while the relay that carries their link is away. */

/** A loss is noticed after five seconds at the latest; the pages then say so within the second. */
const TOLD_WITHIN = { timeout: 12_000 };
/** In which the two must be linked again once the relay is back, ms. */
const BACK_WITHIN_MS = 15_000;
const LONG_OUTAGE_MS = 180_000;
/** Longer than the server keeps the session of a page whose socket is gone. */
const SESSION_OUTAGE_MS = 1.5 * SIGNALING.resumeGraceMs;

interface Fixtures {
  turn: { port: number; secret: string; kill(): Promise<void>; restart(): Promise<void> };
}

const test = base.extend<Fixtures>({
  turn: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
    async ({}, use) => {
      let running = await startTurnServer();
      const { port, secret } = running;
      await use({
        port,
        secret,
        kill: () => running.stop(),
        restart: async () => {
          running = await startTurnServer({ port, secret });
        },
      });
      await running.stop();
    },
    { timeout: TURN_FIXTURE_TIMEOUT_MS },
  ],
  server: async ({ turn }, use) => {
    const TURN_URLS = `turn:127.0.0.1:${turn.port}?transport=udp`;
    const server = await startServer({ env: { TURN_URLS, TURN_SECRET: turn.secret } });
    await use(server);
    await server.stop();
  },
});

test('both pages say that they are disconnected while the relay is away, and are linked again after its return', {
  tag: '@long',
}, async ({ context, server, turn }) => {
  const { gamer, volunteer } = await linkOverRelay(context, server.url);
  await turn.kill();
  await tellsOfOutage(gamer, volunteer);
  await turn.restart();
  const tookMs = await linkedAgain(gamer, volunteer);
  expect(tookMs).toBeLessThan(BACK_WITHIN_MS);
});

test('after the relay was away for 180 s the two are linked again within 15 s of its return', { tag: '@long' }, async ({
  context,
  server,
  turn,
}) => {
  test.setTimeout(LONG_OUTAGE_MS + 120_000);
  const { gamer, volunteer } = await linkOverRelay(context, server.url);
  await turn.kill();
  await tellsOfOutage(gamer, volunteer);
  await sleep(LONG_OUTAGE_MS);
  await tellsOfOutage(gamer, volunteer);
  await turn.restart();
  const tookMs = await linkedAgain(gamer, volunteer);
  test.info().annotations.push({ type: 'linked again after', description: `${Math.round(tookMs)} ms` });
  expect(tookMs).toBeLessThan(BACK_WITHIN_MS);
});

test('after the network was away for longer than their sessions last, relay and server, the two are linked again within 15 s', {
  tag: '@long',
  annotation: supports('Chromium', 'gamer', 'linked again after the server was away'),
}, async ({ context, server, turn }) => {
  test.setTimeout(SESSION_OUTAGE_MS + 120_000);
  const network = await startNetwork(new URL(server.url));
  try {
    const { gamer, volunteer } = await linkOverRelay(context, network.url);
    network.setAway(true);
    await turn.kill();
    await tellsOfOutage(gamer, volunteer);
    await sleep(SESSION_OUTAGE_MS);
    await tellsOfOutage(gamer, volunteer);
    network.setAway(false);
    await turn.restart();
    const tookMs = await linkedAgain(gamer, volunteer);
    test.info().annotations.push({ type: 'linked again after', description: `${Math.round(tookMs)} ms` });
    expect(tookMs).toBeLessThan(BACK_WITHIN_MS);
  } finally {
    network.stop();
  }
});

/** A way to the server that can be away: it then carries nothing, and takes connections that nobody answers. */
async function startNetwork(to: URL): Promise<{ url: string; setAway(isAway: boolean): void; stop(): void }> {
  const sockets = new Set<Socket>();
  let isAway = false;
  const entry = createServer((near) => {
    sockets.add(near);
    near.on('error', () => {}).on('close', () => sockets.delete(near));
    if (isAway) return;
    const far = connect(Number(to.port), to.hostname);
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => entry.listen(0, 'localhost', resolve));
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://localhost:${(entry.address() as AddressInfo).port}`,
    setAway: (away) => {
      isAway = away;
      // Sockets opened meanwhile stay without an answer, as those sent into a network that was away.
      if (away) drop();
    },
    stop: () => {
      entry.close();
      drop();
    },
  };
}

/** Both pages, linked through the relay alone. */
async function linkOverRelay(context: BrowserContext, serverUrl: string): Promise<{ gamer: Page; volunteer: Page }> {
  await context.addInitScript(() => {
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    };
  });
  const gamer = await context.newPage();
  const link = await openStillGamer(gamer, serverUrl);
  const volunteer = await context.newPage();
  await volunteer.goto(link);
  await volunteer.getByTestId('start').click();
  await linkedAgain(gamer, volunteer);
  return { gamer, volunteer };
}

async function tellsOfOutage(gamer: Page, volunteer: Page): Promise<void> {
  await expect(gamer.getByTestId('status')).toContainText(
    /Disconnected from (the volunteer|the server and all volunteers), trying again/,
    TOLD_WITHIN,
  );
  await expect(volunteer.getByTestId('status')).toContainText(
    /Disconnected from (the gamer|the server and all gamers), trying again/,
    TOLD_WITHIN,
  );
}

/** Waits until both pages say so. Returns how long that took, ms. */
async function linkedAgain(gamer: Page, volunteer: Page): Promise<number> {
  const sinceMs = performance.now();
  await expect(volunteer.getByTestId('status')).toContainText('Helping a gamer', { timeout: 2 * BACK_WITHIN_MS });
  await expect(gamer.locator('.volunteers__name')).toHaveCount(1, { timeout: 2 * BACK_WITHIN_MS });
  return performance.now() - sinceMs;
}
