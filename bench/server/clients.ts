import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSocket, OurSocket, PeerSocket } from './sockets.ts';

/** Pages of the section `server` without browsers, in a process of their own. */

/** `peer, named` connects to PeerServer with ids of its own; `peer` asks for them first, as PeerJS does. */
export type ServerKind = 'ours' | 'peer' | 'peer, named';

const ROOM_SIZE = 8;
/** A server takes some time until thousands of closed sockets are gone. */
const SETTLE_MS = 1_000;
const TICK_MS = 5;
/** For the last signals to arrive. */
const GRACE_MS = 500;

type Socket = Pick<ClientSocket, 'joined' | 'isOpen' | 'close'>;

let sockets: Socket[] = [];

/** Opens sockets, `atATime` at a time, as pages of that server do; stops at the first that is refused. */
export async function open(kind: ServerKind, url: string, count: number, atATime: number) {
  const tookMs: number[] = [];
  let refusal: string | null = null;
  const startedMs = performance.now();
  let nth = 0;
  const openInTurn = async () => {
    while (nth < count && refusal === null) {
      const askedMs = performance.now();
      try {
        const socket = await newSocket(kind, url, nth++);
        await socket.joined;
        sockets.push(socket);
        tookMs.push(performance.now() - askedMs);
      } catch (cause) {
        refusal ??= cause instanceof Error ? cause.message : String(cause);
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, openInTurn));
  return { count: sockets.length, tookMs, totalMs: performance.now() - startedMs, refusal: refusal as string | null };
}

async function newSocket(kind: ServerKind, url: string, nth: number): Promise<Socket> {
  if (kind === 'peer') return new PeerSocket(url, await PeerSocket.newId(url));
  if (kind === 'peer, named') return new PeerSocket(url);
  const role = nth % ROOM_SIZE === 0 ? 'gamer' : 'volunteer';
  return new OurSocket(url, { role, room: `room ${Math.floor(nth / ROOM_SIZE)}` });
}

/** How many of the opened sockets are still open. */
export function countOpen(): number {
  return sockets.filter(({ isOpen }) => isOpen).length;
}

export async function closeAll(): Promise<void> {
  for (const socket of sockets) socket.close();
  sockets = [];
  await sleep(SETTLE_MS);
}

export interface SignalLoad {
  pairs: number;
  perS: number;
  /** Signals of this time are sent first and do not count. */
  warmUpMs: number;
  durationMs: number;
}

/**
 * Sends signals at a steady rate, whatever becomes of them, between many pairs of pages; times each from one page to the other.
 */
export async function sendSignals(kind: 'ours' | 'peer', url: string, load: SignalLoad) {
  const sentAtMs: number[] = [];
  const tookMs: number[] = [];
  let countedFromMs = Number.POSITIVE_INFINITY;
  const onSignal = (nth: number) => {
    const sentMs = sentAtMs[nth] ?? Number.NaN;
    if (sentMs >= countedFromMs) tookMs.push(performance.now() - sentMs);
  };
  const newPair = kind === 'ours' ? ourPair : peerPair;
  const pairs = await Promise.all(
    Array.from({ length: load.pairs }, async (_, nth) => {
      const pair = await newPair(url, nth);
      for (const { socket } of pair) socket.onSignal = onSignal;
      return pair;
    }),
  );
  const startedMs = performance.now();
  countedFromMs = startedMs + load.warmUpMs;
  const totalMs = load.warmUpMs + load.durationMs;
  for (let elapsedMs = 0; elapsedMs < totalMs; elapsedMs = performance.now() - startedMs) {
    while (sentAtMs.length < (load.perS * elapsedMs) / 1_000) {
      const nth = sentAtMs.push(performance.now()) - 1;
      const sender = pairs[nth % pairs.length]?.[nth % 2];
      sender?.socket.signal(sender.to, nth);
    }
    await sleep(TICK_MS);
  }
  await sleep(GRACE_MS);
  for (const { socket } of pairs.flat()) socket.close();
  return { sent: sentAtMs.filter((sentMs) => sentMs >= countedFromMs).length, arrived: tookMs.length, tookMs };
}

async function ourPair(url: string, nth: number) {
  const room = `pair ${nth}`;
  const volunteer = new OurSocket(url, { role: 'volunteer', room });
  const { id: volunteerId } = await volunteer.joined;
  const gamer = new OurSocket(url, { role: 'gamer', room });
  const { id: gamerId } = await gamer.joined;
  return [
    { socket: gamer, to: volunteerId },
    { socket: volunteer, to: gamerId },
  ];
}

async function peerPair(url: string) {
  const [one, other] = [new PeerSocket(url), new PeerSocket(url)];
  await Promise.all([one.joined, other.joined]);
  return [
    { socket: one, to: other.id },
    { socket: other, to: one.id },
  ];
}
