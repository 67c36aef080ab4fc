import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { test as base, expect, waitForVolunteers } from './fixtures.ts';
import { startServer } from './server.ts';
import { openTurnClient, TRANSPORT } from './turn-client.mjs';
import { credentialsOf, startTurnServer, TURN_FIXTURE_TIMEOUT_MS } from './turn-server.mjs';

/** Lasts for the set-up of a link and little more. */
const SHORT_TTL_S = 20;
/** coturn ends a relayed address that was not renewed for so long. Browsers renew it after half of that. */
const ALLOCATION_S = 10;
/** A documentation address, which no packet reaches. */
const PUBLIC_IP = '203.0.113.9';

/** One of each network that no stranger may reach through the relay; the first two are those of providers. */
const FORBIDDEN_PEERS = [
  ...['100.64.0.1', '169.254.169.254', '0.1.2.3', '10.1.2.3', '127.0.0.2', '172.31.2.3', '192.0.0.8', '192.168.1.1'],
  ...['198.19.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
];

interface Fixtures {
  /** Set with `test.use`. */
  turnTtlS: number;
  turnSettings: Parameters<typeof startTurnServer>[0];
  turn: Awaited<ReturnType<typeof startTurnServer>>;
}

/** A server that issues credentials for a coturn that shares its secret. */
const test = base.extend<Fixtures>({
  turnTtlS: [600, { option: true }],
  turnSettings: [{}, { option: true }],
  turn: [
    async ({ turnSettings }, use) => {
      const turn = await startTurnServer(turnSettings);
      await use(turn);
      await turn.stop();
    },
    { timeout: TURN_FIXTURE_TIMEOUT_MS },
  ],
  server: async ({ turn, turnTtlS }, use) => {
    const TURN_URLS = `turn:127.0.0.1:${turn.port}?transport=udp`;
    const server = await startServer({ env: { TURN_URLS, TURN_SECRET: turn.secret, TURN_TTL_S: `${turnTtlS}` } });
    await use(server);
    await server.stop();
  },
});

test('two browsers connect over the relay alone with the server’s credentials, and neither reveals its address', async ({
  sdkPage,
}) => {
  const [volunteer, gamer] = [await sdkPage(), await sdkPage()];
  const sent = [candidatesSentBy(volunteer), candidatesSentBy(gamer)];
  await linkOverRelay(volunteer, gamer);
  for (const candidates of sent) {
    expect(candidates.length).toBeGreaterThan(0);
    // A relayed candidate's related address would be the browser's own.
    for (const candidate of candidates) expect(candidate).toMatch(/ typ relay raddr 0\.0\.0\.0 /);
  }
});

test('coturn accepts credentials that the server issued, and neither expired nor forged ones', async ({
  sdkPage,
  turn,
  turnTtlS,
}) => {
  const [page, volunteer] = [await sdkPage(), await sdkPage()];
  const received = new Promise<string>((resolve) => {
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => String(payload).includes('"credential"') && resolve(String(payload))),
    );
  });
  await page.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect({ room: 'relay' });
  });
  await volunteer.evaluate(async () => {
    window.node = await window.sdk.VolunteerNode.start({ room: 'relay', backend: 'wasm' });
  });
  // Not the answer to its join, when it knew nobody.
  const packet = await received;
  const [event, { ice }] = JSON.parse(packet.slice(packet.indexOf('[')));
  expect(event).toBe('introduce');
  const [issued] = ice.iceServers as [{ urls: string[]; username: string; credential: string }];
  const [endS, session] = issued.username.split(':');

  expect(await relayedBy(page, issued)).toBe(true);
  expect(await relayedBy(page, { ...issued, ...credentialsOf(turn.secret, 60) })).toBe(true);
  expect(await relayedBy(page, { ...issued, ...credentialsOf(turn.secret, -60) })).toBe(false);
  const prolonged = { ...issued, username: `${Number(endS) + turnTtlS}:${session}` };
  expect(await relayedBy(page, prolonged)).toBe(false);
  expect(await relayedBy(page, { ...issued, credential: 'Zm9yZ2Vk' })).toBe(false);
});

test.describe('credentials for seconds', () => {
  test.use({ turnTtlS: SHORT_TTL_S, turnSettings: { options: [`--max-allocate-lifetime=${ALLOCATION_S}`] } });

  test('a link that lives through a relay outlives its first credential', { tag: '@long' }, async ({ sdkPage }) => {
    const [volunteer, gamer] = [await sdkPage(), await sdkPage()];
    await gamer.evaluate(() => {
      const Native = window.RTCPeerConnection;
      Object.assign(window, { connectionsMade: 0 });
      window.RTCPeerConnection = class extends Native {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          (window as unknown as { connectionsMade: number }).connectionsMade++;
        }
      };
    });
    await linkOverRelay(volunteer, gamer);
    const made = () => gamer.evaluate(() => (window as unknown as { connectionsMade: number }).connectionsMade);
    const madeAtFirst = await made();
    const untilMs = performance.now() + (SHORT_TTL_S + 1.5 * ALLOCATION_S) * 1_000;
    while (performance.now() < untilMs) {
      await gamer.evaluate(async () => {
        await window.client.submitTask('echo', { bytes: new Uint8Array([1, 2, 3]) }).result;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      });
    }
    await waitForVolunteers(gamer, 1);
    expect(await made(), 'the same connection carries it').toBe(madeAtFirst);
  });
});

test.describe('behind a NAT', () => {
  test.use({ turnSettings: { publicIp: PUBLIC_IP } });

  test('a relay with a private address of its own links two browsers by its public one', async ({ sdkPage }) => {
    const [volunteer, gamer] = [await sdkPage(), await sdkPage()];
    const sent = candidatesSentBy(gamer);
    await linkOverRelay(volunteer, gamer);
    expect(sent.length).toBeGreaterThan(0);
    for (const candidate of sent) expect(candidate).toContain(` ${PUBLIC_IP} `);
  });

  test('it relays to itself and to the internet, and neither into private networks nor over TCP', async ({ turn }) => {
    const client = await openTurnClient(turn.port, turn.credentials);
    expect(await client.allocate()).toBe(0);
    for (const peer of [PUBLIC_IP, '127.0.0.1', '198.51.100.7']) expect(await client.permit(peer), peer).toBe(0);
    for (const peer of FORBIDDEN_PEERS) expect(await client.permit(peer), peer).toBe(403);
    client.close();
    const other = await openTurnClient(turn.port, turn.credentials);
    expect(await other.allocate(TRANSPORT.tcp)).toBe(442);
    other.close();
  });
});

test.describe('with a small quota', () => {
  test.use({ turnSettings: { options: ['--user-quota=2'] } });

  test('a user of many credentials has one quota, and another user has its own', async ({ turn }) => {
    const clients = await Promise.all(
      ['ann', 'ann', 'ann', 'bob'].map((user, index) =>
        openTurnClient(turn.port, credentialsOf(turn.secret, 60 + index, user)),
      ),
    );
    const codes: number[] = [];
    for (const client of clients) codes.push(await client.allocate());
    // Allocation Quota Reached (RFC 8656, section 19).
    expect(codes).toEqual([0, 0, 486, 0]);
    for (const client of clients) client.close();
  });
});

test('no command line of coturn holds its secret, and no other user can read its file', async ({ turn }) => {
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(stdout).toContain(`${turn.folder}/turnserver.conf`);
  expect(stdout).not.toContain(turn.secret);
  const { mode } = await stat(join(turn.folder, 'turnserver.conf'));
  expect(mode & 0o077).toBe(0);
});

async function linkOverRelay(volunteer: Page, gamer: Page): Promise<void> {
  await volunteer.evaluate(async () => {
    window.node = await window.sdk.VolunteerNode.start({ room: 'relay', backend: 'wasm', relayOnly: true });
  });
  await gamer.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect({ room: 'relay', where: 'volunteers', relayOnly: true });
  });
  await waitForVolunteers(gamer, 1);
}

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
