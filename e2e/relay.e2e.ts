import type { Page } from 'playwright/test';
import { test as base, expect, waitForVolunteers } from './fixtures.ts';
import { startServer } from './server.ts';
import { credentialsOf, ensureCoturn, startTurnServer } from './turn-server.mjs';

const INSTALL_TIMEOUT_MS = 600_000;
const TURN_TTL_S = 600;

/** A server that issues credentials for a coturn that shares its secret. */
const test = base.extend<{ turn: Awaited<ReturnType<typeof startTurnServer>> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
  turn: async ({}, use) => {
    const turn = await startTurnServer();
    await use(turn);
    await turn.stop();
  },
  server: async ({ turn }, use) => {
    const TURN_URLS = `turn:127.0.0.1:${turn.port}?transport=udp`;
    const server = await startServer({ env: { TURN_URLS, TURN_SECRET: turn.secret, TURN_TTL_S: `${TURN_TTL_S}` } });
    await use(server);
    await server.stop();
  },
});

test.beforeAll(async () => {
  test.setTimeout(INSTALL_TIMEOUT_MS);
  await ensureCoturn();
});

test('two browsers connect over the relay alone with the server’s credentials, and neither reveals its address', async ({
  sdkPage,
}) => {
  const [volunteer, gamer] = [await sdkPage(), await sdkPage()];
  const sent = [candidatesSentBy(volunteer), candidatesSentBy(gamer)];
  await volunteer.evaluate(async () => {
    window.node = await window.sdk.VolunteerNode.start({ room: 'relay', backend: 'js', relayOnly: true });
  });
  await gamer.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect({ room: 'relay', where: 'volunteers', relayOnly: true });
  });
  await waitForVolunteers(gamer, 1);
  for (const candidates of sent) {
    expect(candidates.length).toBeGreaterThan(0);
    // A relayed candidate's related address would be the browser's own.
    for (const candidate of candidates) expect(candidate).toMatch(/ typ relay raddr 0\.0\.0\.0 /);
  }
});

test('coturn accepts credentials that the server issued, and neither expired nor forged ones', async ({
  sdkPage,
  turn,
}) => {
  const page = await sdkPage();
  const received = new Promise<string>((resolve) => {
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => String(payload).includes('"credential"') && resolve(String(payload))),
    );
  });
  await page.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect({ room: 'relay' });
  });
  const packet = await received;
  const [, { value }] = JSON.parse(packet.slice(packet.indexOf('[')));
  const [issued] = value.iceServers as [{ urls: string[]; username: string; credential: string }];
  const [endS, session] = issued.username.split(':');

  expect(await relayedBy(page, issued)).toBe(true);
  expect(await relayedBy(page, { ...issued, ...credentialsOf(turn.secret, 60) })).toBe(true);
  expect(await relayedBy(page, { ...issued, ...credentialsOf(turn.secret, -60) })).toBe(false);
  const prolonged = { ...issued, username: `${Number(endS) + TURN_TTL_S}:${session}` };
  expect(await relayedBy(page, prolonged)).toBe(false);
  expect(await relayedBy(page, { ...issued, credential: 'Zm9yZ2Vk' })).toBe(false);
});

/** Collects every candidate that the page sends to the server. */
function candidatesSentBy(page: Page): string[] {
  const candidates: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      candidates.push(...(String(payload).match(/candidate:\d[^"\\]*/g) ?? []));
    }),
  );
  return candidates;
}

/** Whether the TURN server gives the page an address for these credentials. */
function relayedBy(page: Page, server: RTCIceServer): Promise<boolean> {
  return page.evaluate(async (iceServer) => {
    const connection = new RTCPeerConnection({ iceServers: [iceServer], iceTransportPolicy: 'relay' });
    try {
      connection.createDataChannel('any');
      let isRelayed = false;
      const gathered = new Promise<void>((resolve) => {
        connection.onicecandidate = ({ candidate }) => {
          if (candidate?.type === 'relay') isRelayed = true;
          if (!candidate) resolve();
        };
      });
      await connection.setLocalDescription();
      await gathered;
      return isRelayed;
    } finally {
      connection.close();
    }
  }, server);
}
