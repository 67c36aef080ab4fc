import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../shared/clock.ts';
import { PROTOCOL_VERSION, type Role } from '../shared/signaling.ts';
import { eventually, IDLE_STATUS, keptPort, newSessionKey, TestBed } from '../signaling-server/test-server.ts';
import { SignalingClient } from '../web/net/signaling-client.ts';
import type { SignalingEvent } from '../web/net/signaling-session.ts';

/** Clients and a server in a network that blocks WebSockets. */
const bed = new TestBed();
const clients: SignalingClient[] = [];
const networks: Server[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const network of networks.splice(0)) {
    network.closeAllConnections();
    network.close();
  }
  await bed.end();
});

/** A network that passes requests on, and refuses or swallows those for a WebSocket. @returns the server's address in it */
async function network(url: string, blocks: 'refuse' | 'swallow'): Promise<string> {
  const server = createServer((asked, answer) => {
    const passed = request(
      new URL(asked.url ?? '/', url),
      { method: asked.method, headers: asked.headers },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      },
    );
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  server.on('upgrade', (_, socket) => {
    if (blocks === 'refuse') socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    else networks.push({ closeAllConnections: () => socket.destroy(), close() {} } as unknown as Server);
  });
  networks.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function member(url: string, role: Role) {
  const sessionKey = newSessionKey();
  const events: SignalingEvent[] = [];
  const client = await SignalingClient.connect({
    url,
    join: () => ({ protocolVersion: PROTOCOL_VERSION, sessionKey, role, name: role, room: 'den' }),
    ...(role === 'volunteer' && { status: () => IDLE_STATUS }),
    clock: systemClock,
    onEvent: (event) => events.push(event),
  });
  clients.push(client);
  const of = <Kind extends SignalingEvent['kind']>(kind: Kind) =>
    events.filter((event): event is Extract<SignalingEvent, { kind: Kind }> => event.kind === kind);
  return { client, of, id: client.joined.id };
}

test.each(['refuse', 'swallow'] as const)(
  'where the network %ss WebSockets, members poll, meet and signal in order, and know that they poll',
  async (blocks) => {
    const { url } = await bed.server();
    const gamer = await member(await network(url, blocks), 'gamer');
    const volunteer = await member(url, 'volunteer');
    expect([gamer.client.isPolling, volunteer.client.isPolling]).toEqual([true, false]);
    await eventually(
      'both are introduced',
      () => gamer.of('introduced').length + volunteer.of('introduced').length === 2,
    );
    for (let count = 0; count < 5; count++) {
      gamer.client.signal(volunteer.id, 7, { type: 'offer', sdp: `v=${count}` });
      volunteer.client.signal(gamer.id, 7, { type: 'answer', sdp: `v=${count}` });
    }
    const all = [0, 1, 2, 3, 4].map((count) => `v=${count}`);
    for (const { of } of [gamer, volunteer]) {
      const sdps = () => of('signal').map(({ signal }) => 'sdp' in signal && signal.sdp);
      await eventually('the signals arrive', () => sdps().length === all.length);
      expect(sdps()).toEqual(all);
    }
    await gamer.client.close();
    await eventually('the volunteer learns that it left', () => volunteer.of('gone').length === 1);
  },
);

test('after a restart of the server a page that polls returns as the same member', async () => {
  const port = await keptPort();
  const first = await bed.server({ port });
  const gamer = await member(await network(first.url, 'refuse'), 'gamer');
  await first.close();
  await eventually('it notices', () => gamer.client.state === 'reconnecting');
  await bed.server({ port });
  await eventually('it is back', () => gamer.client.state === 'online');
  expect([gamer.client.joined.id, gamer.client.isPolling]).toEqual([gamer.id, true]);
});

test('a page of an allowed site may poll, and what others send is not for them to read', async () => {
  const { url } = await bed.server({ allowedOrigins: ['https://game.example'] });
  const poll = (origin: string) => fetch(`${url}socket.io/?EIO=4&transport=polling`, { headers: { origin } });
  const allowed = await poll('https://game.example');
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([200, 'https://game.example']);
  expect((await poll('https://foreign.example')).status).toBe(403);
});

test('what a polling client sends counts, requests without content too', async () => {
  const { url } = await bed.server({ limitFactor: 1 });
  const polling = `${url}socket.io/?EIO=4&transport=polling`;
  const send = async (text: string, times: number) => {
    const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1));
    for (let count = 0; count < times; count++) {
      const { status } = await fetch(`${polling}&sid=${sid}`, { method: 'POST', body: text });
      if (status !== 200) return status;
    }
    return 200;
  };
  expect(await send(`40/no-such-namespace,"${'x'.repeat(60_000)}"`, 100)).toBe(400);
  expect(await send('', 10_000)).toBe(400);
});
