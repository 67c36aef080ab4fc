import { randomBytes } from 'node:crypto';
import { systemClock } from '../../shared/clock.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { SignalingClient } from '../../web/net/signaling-client.ts';
import type { SignalingEvent } from '../../web/net/signaling-session.ts';

/** Sessions of the real client, which reconnect by themselves; in each room a gamer and seven volunteers. */

const ROOM_SIZE = 8;
const JOIN_AT_A_TIME = 50;
const STATUS = { load: 0, accepting: true, tasks: ['echo'], maxGamers: 8 };

const clients: SignalingClient[] = [];
/** Volunteers that each gamer was introduced to. */
const volunteersOf = new Map<SignalingClient, string[]>();
let expectedSinceMs = 0;
let load: NodeJS.Timeout | undefined;

const newCounts = () => ({
  /** Time from {@link expectLoss} until each session that was away was back. */
  backAfterMs: [] as number[],
  /** Sessions that were back in another room or under another id. */
  changed: 0,
  /** Sessions that were back and had been forgotten by the server. */
  forgotten: 0,
  /** Sessions that ended, or that others were told had ended. */
  lost: 0,
  signalsSent: 0,
  signalsArrived: 0,
});
let counts = newCounts();

export async function joinSessions(url: string, count: number): Promise<void> {
  counts = newCounts();
  for (let nth = 0; nth < count; nth += JOIN_AT_A_TIME) {
    const length = Math.min(JOIN_AT_A_TIME, count - nth);
    await Promise.all(Array.from({ length }, (_, other) => joinOne(url, nth + other)));
  }
}

/** Says that sessions are about to lose their server. */
export function expectLoss(): void {
  expectedSinceMs = performance.now();
}

/** From now on every gamer signals to each volunteer it knows, and every volunteer reports its status, at this interval. */
export function startLoad(everyMs: number): void {
  // An unchanged status would not be sent.
  let volunteerLoad = 0;
  load = setInterval(() => {
    volunteerLoad = 1 - volunteerLoad;
    for (const client of clients) {
      const known = volunteersOf.get(client);
      if (!known) client.tellStatus({ ...STATUS, load: volunteerLoad });
      for (const volunteerId of known ?? []) {
        counts.signalsSent++;
        client.signal(volunteerId, 0, { type: 'offer', sdp: 'v=0' });
      }
    }
  }, everyMs);
}

export function stopLoad(): void {
  clearInterval(load);
}

/** How the sessions have fared since {@link expectLoss}. */
export function sessionCounts() {
  const online = clients.filter(({ state }) => state === 'online').length;
  return { ...counts, sessions: clients.length, online };
}

export async function closeSessions(): Promise<void> {
  stopLoad();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  volunteersOf.clear();
}

async function joinOne(url: string, nth: number): Promise<void> {
  const role = nth % ROOM_SIZE === 0 ? 'gamer' : 'volunteer';
  const room = `sessions ${Math.floor(nth / ROOM_SIZE)}`;
  const sessionKey = randomBytes(16).toString('base64url');
  const known: string[] = [];
  let id = '';
  const client: SignalingClient = await SignalingClient.connect({
    url,
    clock: systemClock,
    join: () => ({ protocolVersion: PROTOCOL_VERSION, sessionKey, role, name: role, room }),
    ...(role === 'volunteer' && { status: () => STATUS }),
    onEvent: (event) => {
      if (event.kind === 'introduced' && !known.includes(event.introduction.peerId)) {
        known.push(event.introduction.peerId);
      } else if (event.kind === 'state' && event.state === 'online') onBack(client, id, room);
      else countEvent(event);
    },
  });
  id = client.joined.id;
  clients.push(client);
  if (role === 'gamer') volunteersOf.set(client, known);
}

function onBack({ joined }: SignalingClient, id: string, room: string): void {
  counts.backAfterMs.push(performance.now() - expectedSinceMs);
  if (joined.id !== id || joined.room !== room) counts.changed++;
  if (!joined.resumed) counts.forgotten++;
}

function countEvent({ kind }: SignalingEvent): void {
  if (kind === 'signal') counts.signalsArrived++;
  if (kind === 'gone' || kind === 'ended') counts.lost++;
}
