import { type GamerClient, type GamerState, MeshError, type VolunteerInfo } from '../sdk/p2c2r.ts';

/** A client and its state, as a page shows them. Another object for each change. */
export interface MeshState {
  /** Null until it has joined, and where it could not. One that has joined stays, whatever becomes of it. */
  client: GamerClient | null;
  /**
   * `closed`, without a client: not joined, because there are no options yet or because of `error`. `closed`, with one: an owner has removed it, the
   * server has ended its session, or it was closed.
   */
  state: GamerState;
  /** The volunteers with an open link. */
  volunteers: readonly VolunteerInfo[];
  /** Why the client could not join, or the last that went wrong since: one volunteer that could not be linked, for example. */
  error: MeshError | null;
}

export const NOT_CONNECTED: MeshState = { client: null, state: 'closed', volunteers: [], error: null };
export const CONNECTING: MeshState = { ...NOT_CONNECTED, state: 'connecting' };

/**
 * A connection that a component of a page has while it is mounted. It begins in a microtask: frameworks mount a component, unmount it and mount
 * it again to find what is left behind (React's StrictMode), and only the last of these connects.
 */
export class MeshConnection {
  readonly #connect: () => Promise<GamerClient>;
  readonly #onChange: (state: MeshState) => void;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  #state = CONNECTING;

  /** @param onChange - not called after `end` */
  constructor(connect: () => Promise<GamerClient>, onChange: (state: MeshState) => void) {
    this.#connect = connect;
    this.#onChange = onChange;
    onChange(this.#state);
    this.#ended = this.#run();
  }

  /** Closes the client, also one that is still joining. Rejects with a MeshError where that fails. */
  end(): Promise<void> {
    this.#ending.abort();
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    await Promise.resolve();
    if (signal.aborted) return;
    let client: GamerClient;
    try {
      client = await this.#connect();
    } catch (cause) {
      this.#change({ ...NOT_CONNECTED, error: MeshError.from(cause, 'connection-failed') });
      return;
    }
    if (!signal.aborted) await this.#follow(client, signal);
    try {
      await client.close();
    } catch (cause) {
      throw MeshError.from(cause, 'connection-failed');
    }
  }

  /** Until the end. A client that ends before, as when an owner removes it, says so by its state. */
  #follow(client: GamerClient, signal: AbortSignal): Promise<void> {
    const read = () => this.#change({ client, state: client.state, volunteers: [...client.volunteers] });
    client.addEventListener('state', read, { signal });
    client.addEventListener('volunteers', read, { signal });
    const onError = (event: Event) => this.#change({ error: (event as CustomEvent<MeshError>).detail });
    client.addEventListener('error', onError, { signal });
    read();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  #change(changed: Partial<MeshState>): void {
    if (this.#ending.signal.aborted) return;
    this.#state = { ...this.#state, ...changed };
    this.#onChange(this.#state);
  }
}
