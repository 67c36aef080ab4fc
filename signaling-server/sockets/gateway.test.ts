import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { FIRST_ATTEMPT, type JoinRequest, PROTOCOL_VERSION, sessionIdOf } from '../../shared/signaling.ts';
import { eventually, IDLE_STATUS, newSessionKey, TestBed } from '../test-server.ts';

const bed = new TestBed();
afterEach(() => bed.end());

const join: JoinRequest = { protocolVersion: PROTOCOL_VERSION, sessionKey: 'k'.repeat(22), role: 'gamer', name: 'n' };
const offer = { to: 'A'.repeat(22), attempt: 0, signal: { type: 'offer', sdp: 'v=0' } };

test('a page joins under the id of its key, in a private room of its own', async () => {
  const { url } = await bed.server({ iceServers: [{ urls: 'stun:stun.example:3478' }] });
  const page = bed.page(url);
  const joined = await page.join();
  expect(joined).toMatchObject({
    id: await sessionIdOf(page.sessionKey),
    inviteOnly: false,
    resumed: false,
    iceServers: [{ urls: 'stun:stun.example:3478' }],
  });
  expect(joined.room).toMatch(/^[\w-]{22}$/);
  expect((await bed.page(url).join()).room).not.toBe(joined.room);
});

test('the offer of a gamer’s join goes to the first volunteer of the answer, before the gamer has that, and to nobody else', async () => {
  const { url } = await bed.server();
  const [first, second, alone] = [bed.page(url), bed.page(url), bed.page(url)];
  const volunteers = [
    await first.join({ role: 'volunteer', room: 'den' }),
    await second.join({ role: 'volunteer', room: 'den' }),
  ];
  const gamer = await bed.page(url).join({ room: 'den', offer: 'v=0 early' });
  await Promise.all([first.caughtUp(), second.caughtUp()]);
  expect(gamer.offered).toBe(gamer.introductions[0]?.peerId);
  expect(volunteers.map(({ id }) => id)).toContain(gamer.offered);
  const [receiver, other] = gamer.offered === volunteers[0]?.id ? [first, second] : [second, first];
  expect(receiver.signals).toEqual([
    { from: gamer.id, attempt: FIRST_ATTEMPT, signal: { type: 'offer', sdp: 'v=0 early' } },
  ]);
  expect(receiver.introductions.map(({ peerId }) => peerId)).toEqual([gamer.id]);
  expect(other.signals).toEqual([]);
  // Nobody is there whom it could go to.
  expect(await alone.join({ room: 'elsewhere', offer: 'v=0 early' })).not.toHaveProperty('offered');
});

test('a gamer and a volunteer of one room are introduced, the later one in the answer to its join; the gamer makes the offer', async () => {
  const { url } = await bed.server();
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  const { id: volunteerId, introductions } = await volunteer.join({ role: 'volunteer', room: 'den', name: 'attic' });
  expect(introductions).toEqual([]);
  const joined = await gamer.join({ room: 'den', name: 'ann' });
  await Promise.all([gamer.caughtUp(), volunteer.caughtUp()]);
  expect(joined.introductions).toMatchObject([
    { peerId: volunteerId, name: 'attic', role: 'volunteer', initiate: true },
  ]);
  expect(gamer.introductions, 'and no other').toEqual(joined.introductions);
  expect(volunteer.introductions).toMatchObject([{ peerId: joined.id, name: null, role: 'gamer', initiate: false }]);
});

test('signals pass only between introduced members; two rooms never see each other', async () => {
  const { url } = await bed.server();
  const pages = [bed.page(url), bed.page(url), bed.page(url), bed.page(url)] as const;
  const [gamer, volunteer, otherGamer, otherVolunteer] = pages;
  await gamer.join({ room: 'one' });
  const { id: volunteerId } = await volunteer.join({ room: 'one', role: 'volunteer' });
  const { id: otherGamerId } = await otherGamer.join({ room: 'two' });
  const { id: otherVolunteerId } = await otherVolunteer.join({ room: 'two', role: 'volunteer' });

  expect(await gamer.signal(volunteerId, 3, 'v=0 hello')).toEqual({ ok: true, value: null });
  for (const stranger of [otherVolunteerId, otherGamerId, 'A'.repeat(22)]) {
    expect(await gamer.signal(stranger)).toMatchObject({ ok: false, error: { reason: 'not-invited' } });
  }
  await Promise.all(pages.map((page) => page.caughtUp()));
  expect(volunteer.signals).toEqual([
    { from: await sessionIdOf(gamer.sessionKey), attempt: 3, signal: { type: 'offer', sdp: 'v=0 hello' } },
  ]);
  expect(otherVolunteer.signals).toEqual([]);
  expect(gamer.introductions.map(({ peerId }) => peerId)).toEqual([volunteerId]);
  expect(otherGamer.introductions.map(({ peerId }) => peerId)).toEqual([otherVolunteerId]);
});

const NOTHINGS = [[], [null], [undefined], [0], [''], ['text'], [[]], [{}], [true], [Buffer.from('bytes')]];
const NASTY_JOINS: unknown[] = [
  undefined,
  null,
  {},
  { ...join, role: 'admin' },
  { ...join, name: '   ' },
  { ...join, name: 'n'.repeat(65) },
  { ...join, sessionKey: 'short' },
  { ...join, sessionKey: { $ne: 1 } },
  { ...join, room: 'r'.repeat(129) },
  { ...join, room: 7 },
  { ...join, invite: 'i'.repeat(2_049) },
  { ...join, status: { ...IDLE_STATUS, load: 2 } },
  { ...join, status: { ...IDLE_STATUS, tasks: { length: { toString: 1 } } } },
  { ...join, needs: ['mining'] },
  { ...join, publicKey: 'short' },
  { ...join, lobby: 'yes' },
  { ...join, extra: 1 },
  { ...join, pid: 'socket.io’s own', offset: '0' },
  JSON.parse(`{"__proto__": {"role": "gamer"}, "constructor": 1}`),
];
const NASTY: Record<string, unknown[][]> = {
  join: [...NOTHINGS, [join]],
  signal: [
    ...NOTHINGS,
    [{ ...offer, to: '../etc' }],
    [{ ...offer, attempt: -1 }],
    [{ ...offer, attempt: 1.5 }],
    [{ ...offer, attempt: Number.MAX_VALUE }],
    [{ ...offer, signal: { type: 'renegotiate' } }],
    [{ ...offer, signal: { type: 'offer', sdp: 'x'.repeat(SIGNALING.maxSdpChars + 1) } }],
    [{ ...offer, signal: { type: 'offer', sdp: null } }],
    [{ ...offer, signal: { type: 'candidate', candidate: 'candidate:1' } }],
    [{ ...offer, signal: { type: 'candidate', candidate: { candidate: '', sdpMLineIndex: 99 } } }],
  ],
  status: [...NOTHINGS, [{ ...IDLE_STATUS, load: -0.1 }], [{ ...IDLE_STATUS, tasks: Array(17).fill('echo') }]],
  report: [...NOTHINGS, [{ volunteerId: 'A'.repeat(22), completed: -1, failed: 0, rttMs: 0 }]],
  accuse: [
    ...NOTHINGS,
    [{ volunteerId: 'A'.repeat(22), work: 'echo', reason: 'Ada lied' }],
    [{ volunteerId: 'A'.repeat(22), work: 'the PC of Ada', reason: 'verify-failed' }],
  ],
  prove: [...NOTHINGS, [{ signature: 'A'.repeat(86) }]],
  lobby: [...NOTHINGS, [{ open: 1 }]],
  invite: [...NOTHINGS, [{ role: 'gamer', expiresInS: 0 }], [{ role: 'gamer', expiresInS: 60, uses: 0 }]],
  'no such event': NOTHINGS,
  toString: NOTHINGS,
};

const malformed = {
  ok: false,
  error: { reason: 'malformed', message: expect.stringMatching(/^.{20,300}$/) },
};

test('every malformed join is answered with a reason, or ends its socket, and affects nobody else', async () => {
  const { url } = await bed.server();
  const [newcomer, bystander] = [bed.page(url), bed.page(url)];
  await bystander.join({ room: 'den' });
  for (const handshake of NASTY_JOINS) {
    const answer = await newcomer.open(handshake);
    expect(answer, JSON.stringify(handshake)?.slice(0, 80)).toMatchObject(malformed);
  }
  // socket.io itself refuses these handshakes.
  for (const handshake of ['text', true, [join]]) {
    await expect(bed.page(url).open(handshake), JSON.stringify(handshake)).rejects.toThrow(/transport/);
  }
  expect(await newcomer.join({ room: 'den', role: 'volunteer' })).toMatchObject({ introductions: [{ role: 'gamer' }] });
  await bystander.caughtUp();
});

test('every malformed event is answered with a reason, and affects nobody else', async () => {
  const { url } = await bed.server();
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  await gamer.join({ room: 'den' });
  const { id: volunteerId } = await volunteer.join({ room: 'den', role: 'volunteer' });
  for (const [event, payloads] of Object.entries(NASTY)) {
    for (const payload of payloads) {
      const page = event === 'status' ? volunteer : gamer;
      const answer = await page.ask(event, ...payload);
      expect(answer, `${event} ${JSON.stringify(payload)?.slice(0, 80)}`).toMatchObject(malformed);
      // The same without an acknowledgement must not break the server either.
      page.send(event, ...payload);
    }
  }
  expect(await gamer.signal(volunteerId)).toMatchObject({ ok: true });
});

test('a page that was not admitted may do nothing', async () => {
  const { url } = await bed.server();
  const page = bed.page(url);
  await page.open({});
  const requests: [string, ...unknown[]][] = [
    ['signal', offer],
    ['status', IDLE_STATUS],
    ['report', { volunteerId: 'A'.repeat(22), completed: 0, failed: 0, rttMs: 1 }],
    ['accuse', { volunteerId: 'A'.repeat(22), work: 'echo', reason: 'verify-failed' }],
    ['prove', { signature: 'A'.repeat(86) }],
    ['lobby', { open: true }],
    ['invite', { role: 'volunteer', expiresInS: 60 }],
    ['leave'],
  ];
  for (const request of requests) {
    expect(await page.ask(...request)).toMatchObject({ ok: false, error: { reason: 'not-invited' } });
  }
});

test('another version of the protocol is named, whatever else its join looks like', async () => {
  const { url } = await bed.server();
  expect(await bed.page(url).open({ protocolVersion: 999, other: 'fields' })).toMatchObject({
    ok: false,
    error: { reason: 'protocol-version', message: expect.stringContaining('999') },
  });
});

test('an oversized message ends only its own socket', async () => {
  const { url } = await bed.server();
  const [big, bystander] = [bed.page(url), bed.page(url)];
  await Promise.all([big.join(), bystander.join()]);
  big.socket.emit('signal', { huge: 'x'.repeat(SIGNALING.maxMessageBytes) } as never, () => {});
  expect(await big.ended).toMatch(/transport/);
  await bystander.caughtUp();
});

test('each role may send only its own events', async () => {
  const { url } = await bed.server();
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  const { id: gamerId } = await gamer.join({ room: 'den' });
  await volunteer.join({ room: 'den', role: 'volunteer' });
  const report = { volunteerId: gamerId, completed: 1, failed: 0, rttMs: 1 };
  expect(await gamer.ask('status', IDLE_STATUS)).toMatchObject({ error: { reason: 'malformed' } });
  expect(await volunteer.ask('report', report)).toMatchObject({ error: { reason: 'malformed' } });
  expect(await gamer.ask('report', report)).toMatchObject({ error: { reason: 'not-invited' } });
  expect(await volunteer.ask('invite', { role: 'gamer', expiresInS: 60 })).toMatchObject({
    error: { reason: 'malformed', message: expect.stringMatching(/Only a gamer/) },
  });
});

test('a socket that reads nothing is dropped once enough is queued for it, and its session survives', async () => {
  const { url } = await bed.server();
  const [gamer, slow] = [bed.page(url), bed.page(url)];
  await gamer.join({ room: 'den' });
  const { id: slowId } = await slow.join({ room: 'den', role: 'volunteer' });
  await slow.caughtUp();
  slow.pauseReading();
  const sdp = 'x'.repeat(SIGNALING.maxSdpChars);
  await eventually('its signals are queued for another socket', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => gamer.signal(slowId, 0, sdp)));
    return answers.some((answer) => !answer.ok && answer.error.reason === 'queue-full');
  });
  const back = bed.page(url, slow.sessionKey);
  expect(await back.join({ room: 'den', role: 'volunteer' })).toMatchObject({ resumed: true });
});

test('pages of other sites connect only when allowed; programs, which send no origin, always connect', async () => {
  const { url, port } = await bed.server({ allowedOrigins: ['https://game.example'] });
  for (const origin of ['https://game.example', `http://127.0.0.1:${port}`]) {
    await bed.page(url, newSessionKey(), { origin }).join();
  }
  for (const origin of ['https://evil.example', 'http://127.0.0.1:1', 'null']) {
    const page = bed.page(url, newSessionKey(), { origin });
    await expect(page.join(), origin).rejects.toThrow(/websocket error/);
  }
});

test.each([
  'transport=polling&sid=0&transport=websocket&sid=',
  'transport=websocket&sid=',
  'transport=polling&sid=',
  'transport=polling&nobody=',
])('a connection that polls does not become a WebSocket, whose bytes nobody would count: ?%s', async (query) => {
  const { url } = await bed.server();
  const polling = new URL('/socket.io/?EIO=4&transport=polling', url).href;
  const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1));
  const auth = { ...join, sessionKey: newSessionKey() };
  await fetch(`${polling}&sid=${sid}`, { method: 'POST', body: `40${JSON.stringify(auth)}` });
  const socket = new WebSocket(new URL(`/socket.io/?EIO=4&${query}${sid}`, url).href.replace('http', 'ws'));
  const [{ message }] = await once(socket, 'error');
  expect(message).toMatch(/400/);
  const answer = await (await fetch(`${polling}&sid=${sid}`)).text();
  expect(answer, 'it goes on polling').toMatch(/^40/);
});
