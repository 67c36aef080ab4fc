import { randomBytes } from 'node:crypto';
import { systemClock } from '../../shared/clock.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { SignalingClient } from '../../web/net/signaling-client.ts';
import type { SignalingEvent } from '../../web/net/signaling-session.ts';

/** How sessions have fared since {@link Sessions.brace}. */
export interface Standing {
  sessions: number;
  online: number;
  /** When each that was away was back, ms. */
  backAfterMs: number[];
  /** That were back in another room, or under another id. */
  others: number;
  /** That were back and had been forgotten meanwhile. */
  forgotten: number;
  /** That ended, or that others were told had ended. */
  lost: number;
  signalsSent: number;
  signalsArrived: number;
}

const ROOM_SIZE = 8;
/** A few at a time: what is measured comes later. */
const JOIN_AT_A_TIME = 50;
const STATUS = { load: 0, accepting: true, tasks: ['echo'], maxGamers: 8 };

/** Sessions of the real client, which come back by themselves; a gamer to seven volunteers. */
export class Sessions {
  readonly #clients: SignalingClient[] = [];
  /** By gamer: whom it knows. */
  readonly #known = new Map<SignalingClient, string[]>();
  #sinceMs = 0;
  #load: NodeJS.Timeout | undefined;
  #standing = { backAfterMs: [] as number[], others: 0, forgotten: 0, lost: 0, signalsSent: 0, signalsArrived: 0 };

  static async join(url: string, count: number): Promise<Sessions> {
    const sessions = new Sessions();
    for (let nth = 0; nth < count; nth += JOIN_AT_A_TIME) {
      const length = Math.min(JOIN_AT_A_TIME, count - nth);
      await Promise.all(Array.from({ length }, (_, other) => sessions.#joinOne(url, nth + other)));
    }
    return sessions;
  }

  /** Something is about to happen to the server. */
  brace(): void {
    this.#sinceMs = performance.now();
  }

  /** From now on every gamer signals to each volunteer it knows, and every volunteer tells its status, so often. */
  begin(everyMs: number): void {
    // One that stays as it is would not be told.
    let load = 0;
    this.#load = setInterval(() => {
      load = 1 - load;
      for (const client of this.#clients) {
        const known = this.#known.get(client);
        if (!known) client.tellStatus({ ...STATUS, load });
        for (const volunteerId of known ?? []) {
          this.#standing.signalsSent++;
          client.signal(volunteerId, 0, { type: 'offer', sdp: 'v=0' });
        }
      }
    }, everyMs);
  }

  standing(): Standing {
    const online = this.#clients.filter(({ state }) => state === 'online').length;
    return { ...this.#standing, sessions: this.#clients.length, online };
  }

  /** No more load. */
  rest(): void {
    clearInterval(this.#load);
  }

  async close(): Promise<void> {
    this.rest();
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #joinOne(url: string, nth: number): Promise<void> {
    const role = nth % ROOM_SIZE === 0 ? 'gamer' : 'volunteer';
    const room = `sessions ${Math.floor(nth / ROOM_SIZE)}`;
    const sessionKey = randomBytes(16).toString('base64url');
    const known: string[] = [];
    let id = '';
    const client: SignalingClient = await SignalingClient.connect({
      ...{ url, clock: systemClock },
      join: () => ({ protocolVersion: PROTOCOL_VERSION, sessionKey, role, name: role, room }),
      ...(role === 'volunteer' && { status: () => STATUS }),
      onEvent: (event) => {
        if (event.kind === 'introduced' && !known.includes(event.introduction.peerId)) {
          known.push(event.introduction.peerId);
        } else if (event.kind === 'state' && event.state === 'online') this.#back(client, id, room);
        else this.#heard(event);
      },
    });
    id = client.joined.id;
    this.#clients.push(client);
    if (role === 'gamer') this.#known.set(client, known);
  }

  #back({ joined }: SignalingClient, id: string, room: string): void {
    this.#standing.backAfterMs.push(performance.now() - this.#sinceMs);
    if (joined.id !== id || joined.room !== room) this.#standing.others++;
    if (!joined.resumed) this.#standing.forgotten++;
  }

  #heard({ kind }: SignalingEvent): void {
    if (kind === 'signal') this.#standing.signalsArrived++;
    if (kind === 'gone' || kind === 'ended') this.#standing.lost++;
  }
}
