import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { MESH_ERROR_REASONS } from '../../shared/errors.ts';
import { serverStatusSchema } from '../../shared/server-status.ts';
import {
  CLIENT_EVENTS,
  type ClientEvent,
  type EventPayload,
  isClientEvent,
  PROTOCOL_VERSION,
} from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import { IDLE_STATUS, newSessionKey, TestBed, type TestPage } from '../test-server.ts';

/**
 * Thousands of messages that no page of ours sends, over real sockets. The server must not throw (that would end this process),
 * must answer each message with a reason, and must keep nothing of them afterwards. A failure prints the seed and the smallest
 * message that causes it; SEED=n repeats a run. `npm run test:long` sends FUZZ_RUNS messages to every entry point, each event being one.
 */
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_000);
const longRuns = process.env.FUZZ_RUNS ? Number(process.env.FUZZ_RUNS) : null;
const parameters = (numRuns: number): fc.Parameters<unknown> => ({
  seed,
  numRuns: longRuns ?? numRuns,
  endOnFailure: true,
});
const TIMEOUT_MS = longRuns === null ? 120_000 : 1_800_000;
process.stdout.write(`fuzzing with SEED=${seed}\n`);

const bed = new TestBed();
let url: string;
beforeEach(async () => {
  ({ url } = await bed.server());
});
afterEach(() => bed.end());

const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({
    ok: z.literal(false),
    error: z.strictObject({ reason: z.enum(MESH_ERROR_REASONS), message: z.string().min(10).max(2_000) }),
  }),
]);

/** An internal failure of the server is not an acceptable answer to bad input. */
function expectReason(answer: unknown): void {
  const parsed = answerSchema.parse(answer);
  if (!parsed.ok && parsed.error.reason === 'signaling-unreachable') throw new Error(parsed.error.message);
}

/** Anything that socket.io can carry: JSON, bytes, and names with a special meaning in JavaScript. */
const hostileKey = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'length', 'then', 'error'),
);
const anything: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, undefined, true, false, '', -0, 1e308, Number.MAX_SAFE_INTEGER),
    fc.double(),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(hostileKey, tie('value')), { maxLength: 5 }).map(Object.fromEntries),
  ),
})).value;

/** A well-formed payload of every event. */
const PAYLOADS: { readonly [E in ClientEvent]: EventPayload<E> } = {
  signal: { to: 'A'.repeat(22), attempt: 0, signal: { type: 'offer', sdp: 'v=0' } },
  status: IDLE_STATUS,
  report: { volunteerId: 'A'.repeat(22), completed: 1, failed: 0, rttMs: 5 },
  link: { outcome: 'direct' },
  accuse: { volunteerId: 'A'.repeat(22), work: 'echo', reason: 'verify-failed' },
  prove: { signature: 'A'.repeat(86) },
  lobby: { open: true },
  invite: { role: 'volunteer', expiresInS: 60 },
  inviteCode: { token: 'token' },
  revoke: { token: 'token' },
  remove: { volunteerId: 'A'.repeat(22) },
  gamers: null,
  removeGamer: { gamerId: 'A'.repeat(22) },
  ice: null,
  leave: null,
};
const EVENTS = Object.keys(CLIENT_EVENTS).filter(isClientEvent);

/** A well-formed object with one field, at any depth, replaced, removed or added. */
function damaged(payload: unknown): fc.Arbitrary<unknown> {
  if (typeof payload !== 'object' || payload === null) return anything;
  const fields = Object.entries(payload);
  const field = fc.constantFrom(...fields).chain(([name, value]) =>
    fc.oneof(
      anything.map((other) => ({ ...payload, [name]: other })),
      damaged(value).map((other) => ({ ...payload, [name]: other })),
      fc.constant(Object.fromEntries(fields.filter(([other]) => other !== name))),
    ),
  );
  const extra = fc.tuple(hostileKey, anything).map(([name, value]) => ({ ...payload, [name]: value }));
  return fc.oneof(field, extra);
}

async function status(server: string) {
  return serverStatusSchema.parse(await (await fetch(`${server}status.json`)).json());
}

/** A gamer and a volunteer that are introduced, so that events are not all refused because of their sender. */
async function pair(): Promise<{ gamer: TestPage; volunteer: TestPage; volunteerId: string }> {
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  const { room } = await gamer.join();
  const { id: volunteerId } = await volunteer.join({ room, role: 'volunteer' });
  return { gamer, volunteer, volunteerId };
}

const withEvents = (names: readonly ClientEvent[]) =>
  fc.constantFrom(...names).chain((event) =>
    fc.record({
      event: fc.oneof({ weight: 9, arbitrary: fc.constant<string>(event) }, { weight: 1, arbitrary: hostileKey }),
      payloads: fc.oneof(
        fc.array(anything, { maxLength: 3 }),
        damaged(PAYLOADS[event]).map((payload) => [payload]),
      ),
      isGamer: fc.boolean(),
    }),
  );

/** socket.io's own event names, which its client refuses to send. */
const RESERVED = new Set(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']);

// A page that left may do nothing afterwards, so the test of sequences covers `leave`.
const fuzzed = EVENTS.filter((event) => event !== 'leave');

test.each(longRuns === null ? [fuzzed] : fuzzed.map((event) => [event]))(
  'every event with any payload is answered with a reason, and changes nothing for others',
  async (...events) => {
    const { gamer, volunteer, volunteerId } = await pair();
    const messages = withEvents(events);
    await fc.assert(
      fc.asyncProperty(messages, async ({ event, payloads, isGamer }) => {
        fc.pre(!RESERVED.has(event));
        expectReason(await (isGamer ? gamer : volunteer).ask(event, ...payloads));
        // The same without asking for an answer.
        (isGamer ? volunteer : gamer).send(event, ...payloads);
      }),
      parameters(3_000),
    );
    await Promise.all([gamer.caughtUp(), volunteer.caughtUp()]);
    const after = await status(url);
    expect(after.now).toEqual({ sockets: 2, rooms: 1, gamers: 1, volunteers: 1 });
    expect(after.refusals.every(({ event }) => isClientEvent(event) || event === 'unknown')).toBe(true);
    expect(await gamer.signal(volunteerId)).toMatchObject({ ok: true });
  },
  TIMEOUT_MS,
);

test(
  'every join is answered with a reason or ends its socket; none leaves a session behind',
  async () => {
    const bystander = bed.page(url);
    await bystander.join({ room: 'den' });
    const join = {
      protocolVersion: PROTOCOL_VERSION,
      sessionKey: newSessionKey(),
      role: 'volunteer',
      name: 'n',
      room: 'other',
      invite: 'token',
      inviteOnly: true,
      status: IDLE_STATUS,
    };
    const page = bed.page(url);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anything, damaged(join)), async (handshake) => {
        const answer = await page.open(handshake).catch(() => null);
        if (answer) expectReason(answer);
      }),
      parameters(300),
    );
    page.close();
    const refused = (await status(url)).refusals.filter(({ event }) => event === 'join');
    const answered = refused.reduce((sum, { count }) => sum + count, 0);
    expect(answered, 'most handshakes reached the server').toBeGreaterThan((longRuns ?? 300) / 2);
    // The bystander keeps its socket, and nobody else does.
    await expect.poll(async () => (await status(url)).now.sockets).toBe(1);
    await bystander.caughtUp();
    expect(bystander.farewells).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'after any sequence of events the server’s counts are right',
  async () => {
    const step = fc.record({
      who: fc.nat(3),
      what: fc.constantFrom('join', 'leave', 'drop', 'signal', 'status', 'report', 'link', 'invite'),
      whom: fc.nat(3),
      room: fc.constantFrom('one', 'two'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const members = [0, 1, 2, 3].map((index) => ({
          page: bed.page(url),
          role: index < 2 ? ('gamer' as const) : ('volunteer' as const),
          id: 'A'.repeat(22),
        }));
        for (const { who, what, whom, room } of steps) {
          const member = members[who];
          const other = members[whom];
          if (!member || !other) throw new Error('there are four members');
          const { page, role } = member;
          if (what === 'join') {
            const answer = await page.tryJoin({ role, room });
            expectReason(answer);
            if (answer.ok) member.id = answer.value.id;
          } else if (what === 'drop') page.close();
          else if (page.socket.connected) {
            const payload = { ...PAYLOADS[what], ...(what === 'signal' && { to: other.id }) };
            expectReason(await page.ask(what, what === 'report' ? { ...payload, volunteerId: other.id } : payload));
          }
        }
        for (const { page, role } of members) {
          expectReason(await page.tryJoin({ role, room: 'one' }));
          expect(await page.ask('leave')).toEqual({ ok: true, value: null });
          page.close();
        }
        const { now } = await status(url);
        expect({ ...now, sockets: 0 }).toEqual({ sockets: 0, rooms: 0, gamers: 0, volunteers: 0 });
      }),
      // A sequence is up to forty events.
      { ...parameters(150), numRuns: longRuns === null ? 150 : Math.ceil(longRuns / 20) },
    );
  },
  TIMEOUT_MS,
);

test(
  'frames that are not socket.io messages end at most their own socket',
  async () => {
    const bystander = bed.page(url);
    await bystander.join({ room: 'den' });
    const join = { protocolVersion: PROTOCOL_VERSION, sessionKey: newSessionKey(), role: 'gamer', name: 'n' };
    const prefixes = ['0', '1', '2', '3', '4', '40', '41', '42', '43', '44', '45', '451-', '461-', '42/other,', '421'];
    const frame = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.constantFrom(...prefixes), anything).map(([type, value]) => type + (JSON.stringify(value) ?? '')),
      // socket.io's own event names, which its client never sends.
      fc.constantFrom(...RESERVED, 'error').map((name) => `42["${name}"]`),
    );
    const frames = fc.tuple(fc.boolean(), fc.array(frame, { minLength: 1, maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(frames, async ([joinsFirst, others]) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}socket.io/?EIO=4&transport=websocket`);
        socket.on('error', () => {});
        await new Promise((resolve) => socket.once('open', resolve));
        if (joinsFirst) socket.send(`40${JSON.stringify(join)}`);
        for (const each of others) socket.send(each);
        socket.close();
        await new Promise((resolve) => socket.once('close', resolve));
      }),
      parameters(1_000),
    );
    // The bystander keeps its socket, and nobody else does.
    await expect.poll(async () => (await status(url)).now.sockets).toBe(1);
    expect(await bystander.ask('link', PAYLOADS.link)).toEqual({ ok: true, value: null });
  },
  TIMEOUT_MS,
);
