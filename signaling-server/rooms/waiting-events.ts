import { MeshError } from '../../shared/errors.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { goneSchema, type PeerGone, type RelayedSignal, relayedSignalSchema } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';

/** An event kept for a member whose socket is away. */
export const waitingEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('signal'), body: relayedSignalSchema }),
  z.object({ kind: z.literal('gone'), body: goneSchema }),
]);
export type WaitingEvent = z.infer<typeof waitingEventSchema>;

/** How much may wait, bytes. */
export interface WaitingLimits {
  perMemberBytes: number;
  perNetworkBytes: number;
  totalBytes: number;
}

export const WAITING_LIMITS: WaitingLimits = {
  /** The offers and candidates of a dozen gamers, at 10 kB each. */
  perMemberBytes: 128 * 1024,
  /** From one network (an IPv4 /24, an IPv6 /48): a party of thirty whose volunteers lose their network at once. */
  perNetworkBytes: 4 * 1024 * 1024,
  /** In this process and in Redis: members are away for half a minute at most. */
  totalBytes: 32 * 1024 * 1024,
};

/** Counts what waits for all members, so that no network can fill the server's memory, or its Redis. */
export class WaitingBudget {
  #bytes = 0;
  readonly #bytesOf = new Map<string, number>();

  constructor(readonly limits: WaitingLimits = WAITING_LIMITS) {}

  fits(network: string, sizeBytes: number): boolean {
    const { perNetworkBytes, totalBytes } = this.limits;
    return this.#bytes + sizeBytes <= totalBytes && (this.#bytesOf.get(network) ?? 0) + sizeBytes <= perNetworkBytes;
  }

  add(network: string, sizeBytes: number): void {
    this.#bytes += sizeBytes;
    const bytes = (this.#bytesOf.get(network) ?? 0) + sizeBytes;
    if (bytes > 0) this.#bytesOf.set(network, bytes);
    else this.#bytesOf.delete(network);
  }
}

interface Entry {
  event: WaitingEvent;
  /** The network that sent it, hashed; empty for the server itself, and where another instance took it. */
  network: string;
  sizeBytes: number;
}

/** What waits for one member while its socket is away, in order. */
export class WaitingEvents {
  #entries: Entry[] = [];
  #bytes = 0;

  constructor(private readonly budget: WaitingBudget) {}

  get list(): WaitingEvent[] {
    return this.#entries.map(({ event }) => event);
  }

  /**
   * @param network of the sender
   * @throws MeshError `queue-full`
   */
  addSignal(signal: RelayedSignal, network: string): void {
    // Only the newest attempt of a sender can still become a link.
    this.#drop(({ kind, body }) => kind === 'signal' && body.from === signal.from && body.attempt < signal.attempt);
    const entry = entryOf({ kind: 'signal', body: signal }, network);
    const isFull =
      this.#entries.length >= SIGNALING.maxBufferedSignals ||
      this.#bytes + entry.sizeBytes > this.budget.limits.perMemberBytes ||
      !this.budget.fits(network, entry.sizeBytes);
    if (isFull) {
      throw new MeshError('queue-full', 'The other side is offline and has many signals waiting. Try again shortly.');
    }
    this.#add(entry);
  }

  /** A peer left: none of its signals is of use. There is at most one farewell for each peer that the member had. */
  addFarewell(farewell: PeerGone): void {
    this.#drop(({ kind, body }) => kind === 'signal' && body.from === farewell.peerId);
    this.#add(entryOf({ kind: 'gone', body: farewell }, ''));
  }

  /** Continues with what another instance left, which was within the limits there. */
  restore(events: readonly WaitingEvent[]): void {
    for (const event of events) this.#add(entryOf(event, ''));
  }

  /** Removes everything. @returns what waited */
  takeAll(): WaitingEvent[] {
    const events = this.list;
    this.#drop(() => true);
    return events;
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.sizeBytes;
    this.budget.add(entry.network, entry.sizeBytes);
  }

  #drop(isObsolete: (event: WaitingEvent) => boolean): void {
    const kept = this.#entries.filter(({ event }) => !isObsolete(event));
    for (const { event, network, sizeBytes } of this.#entries) {
      if (!isObsolete(event)) continue;
      this.#bytes -= sizeBytes;
      this.budget.add(network, -sizeBytes);
    }
    this.#entries = kept;
  }
}

function entryOf(event: WaitingEvent, network: string): Entry {
  return { event, network, sizeBytes: Buffer.byteLength(JSON.stringify(event)) };
}
