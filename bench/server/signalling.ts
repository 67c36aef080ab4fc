import { setTimeout as sleep } from 'node:timers/promises';
import { OurSocket } from './our-socket.ts';
import { PeerSocket } from './peer-socket.ts';

/** Two that signal to each other. */
interface Pair {
  /** Sends one from either side in turn. */
  send(nth: number): void;
  close(): void;
}

export interface SignalLoad {
  pairs: number;
  perS: number;
  /** What is sent in this time before does not count: a server has been running for a while. */
  warmUpMs: number;
  durationMs: number;
}

export interface SignalFigures {
  sent: number;
  arrived: number;
  /** From sending to arrival, of each, ms. */
  tookMs: number[];
}

const TICK_MS = 5;
/** For the last to arrive. */
const GRACE_MS = 500;

/** Sends at a steady rate, whatever becomes of it, spread over many pairs; times each signal from one page to the other. */
export async function measureSignals(
  kind: 'ours' | 'peer',
  url: string,
  load: SignalLoad,
  address?: string,
): Promise<SignalFigures> {
  const sentAtMs: number[] = [];
  let countedFromMs = Number.POSITIVE_INFINITY;
  const tookMs: number[] = [];
  const onSignal = (nth: number) => {
    const sentMs = sentAtMs[nth] ?? Number.NaN;
    if (sentMs >= countedFromMs) tookMs.push(performance.now() - sentMs);
  };
  const pairs = await Promise.all(
    Array.from({ length: load.pairs }, (_, nth) =>
      kind === 'ours' ? ourPair(url, nth, onSignal, address) : peerPair(url, onSignal),
    ),
  );
  const startedMs = performance.now();
  countedFromMs = startedMs + load.warmUpMs;
  const totalMs = load.warmUpMs + load.durationMs;
  for (let elapsedMs = 0; elapsedMs < totalMs; elapsedMs = performance.now() - startedMs) {
    const due = (load.perS * elapsedMs) / 1_000;
    while (sentAtMs.length < due) {
      const nth = sentAtMs.push(performance.now()) - 1;
      pairs[nth % pairs.length]?.send(nth);
    }
    await sleep(TICK_MS);
  }
  await sleep(GRACE_MS);
  for (const pair of pairs) pair.close();
  const sent = sentAtMs.filter((sentMs) => sentMs >= countedFromMs).length;
  return { sent, arrived: tookMs.length, tookMs };
}

async function ourPair(url: string, nth: number, onSignal: (nth: number) => void, address?: string): Promise<Pair> {
  // Each from an address of its own, where there is a proxy that says so.
  const from = address === undefined ? {} : { address: `${address}.${nth % 250}` };
  const room = `pair ${address} ${nth}`;
  const volunteer = new OurSocket(url, { role: 'volunteer', room, ...from });
  const { id: volunteerId } = await volunteer.joined;
  const gamer = new OurSocket(url, { role: 'gamer', room, ...from });
  const { id: gamerId } = await gamer.joined;
  for (const side of [gamer, volunteer]) side.onSignal(onSignal);
  return {
    send: (count) => (count % 2 === 0 ? gamer.signal(volunteerId, count) : volunteer.signal(gamerId, count)),
    close() {
      gamer.close();
      volunteer.close();
    },
  };
}

async function peerPair(url: string, onSignal: (nth: number) => void): Promise<Pair> {
  const [one, other] = [new PeerSocket(url), new PeerSocket(url)];
  await Promise.all([one.open, other.open]);
  for (const side of [one, other]) side.onSignal(onSignal);
  return {
    send: (count) => (count % 2 === 0 ? one.signal(other.id, count) : other.signal(one.id, count)),
    close() {
      one.close();
      other.close();
    },
  };
}
