import { randomBytes } from 'node:crypto';
import { systemClock } from '../../shared/clock.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { SignalingClient } from '../../web/net/signaling-client.ts';

export interface Resumption {
  sessions: number;
  /** When each was back, since the server was asked to stop, ms. */
  backAfterMs: number[];
}

/** Sessions of the real client, which come back by themselves. */
export class Sessions {
  readonly #clients: SignalingClient[] = [];
  readonly #backAtMs: number[] = [];
  #stoppedAtMs = 0;

  static async join(url: string, count: number): Promise<Sessions> {
    const sessions = new Sessions();
    // A few at a time: what is measured comes later.
    for (let nth = 0; nth < count; nth += 50) {
      await Promise.all(
        Array.from({ length: Math.min(50, count - nth) }, (_, other) => sessions.#joinOne(url, nth + other)),
      );
    }
    return sessions;
  }

  /** The server is about to stop. */
  brace(): void {
    this.#stoppedAtMs = performance.now();
  }

  resumption(): Resumption {
    return { sessions: this.#clients.length, backAfterMs: this.#backAtMs.map((atMs) => atMs - this.#stoppedAtMs) };
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #joinOne(url: string, nth: number): Promise<void> {
    const role = nth % 8 === 0 ? 'gamer' : 'volunteer';
    const client = await SignalingClient.connect({
      url,
      clock: systemClock,
      join: () => ({
        ...{ protocolVersion: PROTOCOL_VERSION, sessionKey: randomBytes(16).toString('base64url') },
        ...{ role, name: role, room: `restart ${nth >> 3}` },
      }),
      onEvent: (event) => {
        if (event.kind === 'state' && event.state === 'online') this.#backAtMs.push(performance.now());
      },
    });
    this.#clients.push(client);
  }
}
