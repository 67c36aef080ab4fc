import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { makeInviteLink } from '../../shared/invite.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { checkWhere } from '../../shared/where.ts';
import { nextMacrotask } from '../compute/schedule.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { LocalRunner } from '../dispatch/local-runner.ts';
import { SplitWork } from '../dispatch/split-work.ts';
import { TaskDeduplicator } from '../dispatch/task-deduplicator.ts';
import { prepareTaskKeys } from '../dispatch/task-key.ts';
import { TaskRegistry } from '../dispatch/task-registry.ts';
import type { Link } from '../net/link.ts';
import { Mesh, type MeshEvent } from '../net/mesh.ts';
import { moveChannel } from '../net/moved-channel.ts';
import type { PeerOptions } from '../net/peer.ts';
import type { SignalingClient } from '../net/signaling-client.ts';
import { SIGNALING_CLIENT } from '../net/tuning.ts';
import { computePart } from './compute-part.ts';
import { openFrameStream, type StreamLink } from './frame-stream.ts';
import { GamerLink } from './gamer-link.ts';
import { LocalEngineClient } from './local-engine-client.ts';
import { defaultServerUrl } from './module-url.ts';
import { whenPageEnds } from './page-end.ts';
import { toPublicResult } from './public-result.ts';
import { withPixels } from './read-image.ts';
import { CLIENT, INVITE } from './tuning.ts';
import type {
  ClientStats,
  FrameStream,
  GamerOptions,
  InviteOptions,
  StreamOptions,
  StreamSource,
  Task,
  TaskOptions,
  TaskType,
  TaskTypes,
  VolunteerInfo,
  Where,
} from './types.ts';

export type GamerState = 'connecting' | 'online' | 'reconnecting' | 'closed';

/**
 * A game's side of P2C2R: submits tasks and streams, which run on the room's volunteers or here, whichever is sooner.
 *
 * Events: `volunteers` (the list changed), `state`, `error` (a CustomEvent<MeshError>: a volunteer could not be linked, the server
 * ended the session; tasks and streams go on as they can), `redispatched` (a CustomEvent<Redispatch>: a task was begun again elsewhere),
 * `model-progress` (a CustomEvent<ModelProgress>: this machine fetches a network to sharpen with).
 */
export class GamerClient extends EventTarget {
  readonly #where: Where;
  readonly #url: string;
  readonly #engine = new LocalEngineClient((detail) =>
    this.dispatchEvent(new CustomEvent('model-progress', { detail })),
  );
  readonly #dispatcher: Dispatcher;
  readonly #work: TaskDeduplicator;
  readonly #book: TaskRegistry;
  readonly #links = new Map<string, GamerLink>();
  readonly #streams = new Set<FrameStream>();
  #mesh: Mesh | null = null;
  #cancelReports = () => {};
  readonly #stopWatchingPage = whenPageEnds(() => this.close());
  #lastError: MeshError | null = null;
  #closing: Promise<void> | null = null;

  /** Throws MeshError `bad-input`, `unsupported-browser`, `signaling-unreachable`, `not-invited`, `room-full`, `protocol-version`. */
  static async connect(options: GamerOptions = {}): Promise<GamerClient> {
    checkWhere(options.where ?? 'auto');
    const client = new GamerClient(options);
    try {
      await client.#join(options);
      return client;
    } catch (cause) {
      await client.close();
      throw MeshError.from(cause, 'connection-failed');
    }
  }

  private constructor({ where = 'auto', url = defaultServerUrl() }: GamerOptions) {
    super();
    this.#where = where;
    this.#url = url;
    const local = new LocalRunner(this.#engine, systemClock.now, () => this.#dispatcher.wake());
    this.#dispatcher = new Dispatcher(
      systemClock,
      local,
      {
        onVolunteerResult: (volunteerId, succeeded) => this.#links.get(volunteerId)?.count(succeeded),
        onRedispatch: (detail) => this.dispatchEvent(new CustomEvent('redispatched', { detail })),
        onBarred: (volunteerId, taskType, error) => this.#barred(volunteerId, taskType, error),
      },
      {
        random: Math.random,
        rest: nextMacrotask,
        compute: (type, task) => computePart(this.#engine, systemClock.now, type, task),
      },
    );
    this.#work = new TaskDeduplicator(new SplitWork(this.#dispatcher, systemClock), systemClock);
    this.#book = new TaskRegistry(this.#work, systemClock);
  }

  get room(): string {
    return this.#mesh?.session.joined.room ?? '';
  }

  /** Whether the server has an open lobby. */
  get hasLobby(): boolean {
    return this.#mesh?.session.joined.lobby ?? false;
  }

  /** Whether this client made the room, or came by its owner's invite for owners. */
  get isOwner(): boolean {
    return this.#mesh?.session.joined.owner ?? false;
  }

  /** Whether the room wants an invite of whoever comes. */
  get isInviteOnly(): boolean {
    return this.#mesh?.session.joined.inviteOnly ?? false;
  }

  get state(): GamerState {
    if (this.#closing) return 'closed';
    return this.#mesh?.state ?? 'connecting';
  }

  /** Those linked now that have told what they can do. */
  get volunteers(): readonly VolunteerInfo[] {
    return [...this.#links.values()].map((link) => link.info()).filter((info) => info !== null);
  }

  /** Resolves when so many volunteers are linked. Throws MeshError `no-volunteer` when they are not in time, `closed`. */
  whenReady(options: { volunteers?: number; timeoutMs?: number } = {}): Promise<void> {
    const { volunteers = 1, timeoutMs = CLIENT.whenReadyTimeoutMs } = options;
    return new Promise((resolve, reject) => {
      const listening = new AbortController();
      const settle = (error: MeshError | null) => {
        listening.abort();
        cancelTimer();
        if (error) reject(error);
        else resolve();
      };
      const look = () => {
        if (this.#closing) settle(MeshError.closed('The client'));
        else if (this.volunteers.length >= volunteers) settle(null);
      };
      const cancelTimer = systemClock.after(timeoutMs, () => settle(this.#notReady(volunteers, timeoutMs)));
      this.addEventListener('volunteers', look, { signal: listening.signal });
      this.addEventListener('state', look, { signal: listening.signal });
      look();
    });
  }

  /** Resolves when the queue has room: back-pressure for bulk work. */
  ready(): Promise<void> {
    return this.#dispatcher.ready();
  }

  /** Never throws: whatever is wrong rejects the task's `result` with a MeshError. */
  submitTask<T extends TaskType>(type: T, input: TaskTypes[T]['input'], options: TaskOptions = {}): Task<T> {
    const book = { ...options, where: options?.where ?? this.#where };
    const prepare = () => {
      if (this.#closing) throw MeshError.closed('The client');
      return type === 'upscale' ? withPixels(input as TaskTypes['upscale']['input']) : input;
    };
    // Sound: the catalogue validates the input and result of the type this name stands for.
    return this.#book.submit(type, prepare, book, toPublicResult) as unknown as Task<T>;
  }

  submitTasksBatch<T extends TaskType>(
    items: { type: T; input: TaskTypes[T]['input']; options?: TaskOptions }[],
  ): Task<T>[] {
    return items.map(({ type, input, options }) => this.submitTask(type, input, options));
  }

  /** Awaits a task by id. Its timeout ends the waiting, not the task. Results are kept for 60 s after they are done. */
  getResult(id: string, { timeoutMs }: { timeoutMs?: number } = {}): Promise<unknown> {
    return this.#book.result(id, timeoutMs);
  }

  /** Throws MeshError `unsupported-browser`, `bad-input`, `closed`. */
  async openStream(source: StreamSource, options: StreamOptions = {}): Promise<FrameStream> {
    if (this.#closing) throw MeshError.closed('The client');
    const opening = openFrameStream(
      {
        worker: this.#engine.worker(),
        links: () => this.#streamLinks(),
        onLinksChanged: (listener) => {
          this.addEventListener('volunteers', listener);
          return () => this.removeEventListener('volunteers', listener);
        },
        now: systemClock.now,
        defaultWhere: this.#where,
        onClosed: (closed) => this.#streams.delete(closed),
      },
      source,
      options,
    );
    const stream = await Promise.race([opening, this.#engine.failed()]);
    this.#streams.add(stream);
    if (!this.#closing) return stream;
    // It opened while the client was closing, too late to be closed with the others.
    await stream.close();
    throw MeshError.closed('The client');
  }

  /** A link that lets others into this room. Throws MeshError `signaling-unreachable`, `not-invited`, `bad-input`. */
  async createInvite({ role = 'volunteer', expiresInS = INVITE.expiresInS, uses, owner }: InviteOptions = {}): Promise<{
    url: string;
    token: string;
  }> {
    const terms = { ...(uses !== undefined && { uses }), ...(owner !== undefined && { owner }) };
    const token = await this.#session().createInvite({ role, expiresInS, ...terms });
    return { url: makeInviteLink(new URL(`/${role}`, this.#url).href, { room: this.room, token }), token };
  }

  /**
   * Takes an invite back: it lets in nobody new; whoever came by it stays. For the room's owner.
   * Throws MeshError `signaling-unreachable`, `not-invited`, `rate-limited`.
   */
  async takeBackInvite(token: string): Promise<void> {
    await this.#session().takeBackInvite(token);
  }

  /**
   * Removes a volunteer: it is told so, and comes back neither with its session nor with its invite, which is taken back, while the
   * room lives. For the room's owner. Throws MeshError `signaling-unreachable`, `not-invited`, `rate-limited`.
   */
  async removeVolunteer(volunteerId: string): Promise<void> {
    await this.#session().removeVolunteer(volunteerId);
  }

  /** Lets volunteers of the server's open lobby help as well, or no longer. */
  setLobby(open: boolean): void {
    this.#mesh?.session.setLobby(open);
  }

  stats(): ClientStats {
    return {
      ...this.#book.counts,
      ...this.#dispatcher.counts,
      placements: structuredClone(this.#dispatcher.counts.placements),
      cacheHits: this.#work.hits,
      inFlight: this.#dispatcher.inFlight,
      queued: this.#dispatcher.queued,
    };
  }

  /** Ends every task and stream with reason `closed` and leaves the room. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #join(options: GamerOptions): Promise<void> {
    const { room, invite, inviteOnly, lobby, needs, name = 'gamer', iceServers, relayOnly, wrtc } = options;
    const naming = prepareTaskKeys();
    this.#mesh = await Mesh.join({
      url: this.#url,
      role: 'gamer',
      ...{ name, room, invite, inviteOnly, lobby, needs, iceServers, relayOnly },
      wrtc: wrtc as PeerOptions['wrtc'],
      clock: systemClock,
      random: Math.random,
      capabilities: () => null,
      attachChannels: (link, createChannel) => this.#linkOf(link).attach(createChannel),
      onEvent: (event) => this.#heard(event),
    });
    await naming;
    this.#report();
  }

  async #close(): Promise<void> {
    this.#cancelReports();
    this.#stopWatchingPage();
    await Promise.all([...this.#streams].map((stream) => stream.close()));
    this.#work.dispose(MeshError.closed('The client'));
    this.#dispatcher.dispose(MeshError.closed('The client'));
    this.#book.dispose();
    await this.#mesh?.close();
    this.#engine.dispose();
    this.dispatchEvent(new Event('state'));
  }

  /** Throws MeshError `closed`. */
  #session(): SignalingClient {
    if (!this.#mesh || this.#closing) throw MeshError.closed('The client');
    return this.#mesh.session;
  }

  /** The link's first connection wants its channels before anybody hears of the link. */
  #linkOf(link: Link): GamerLink {
    const known = this.#links.get(link.peerId);
    if (known) return known;
    const gamerLink = new GamerLink({
      link,
      dispatcher: this.#dispatcher,
      clock: systemClock,
      onChanged: () => this.dispatchEvent(new Event('volunteers')),
      onTrouble: (error) => this.#tell(error),
      moveVideo: (volunteerId, channel) =>
        this.#engine.moveVideo(volunteerId, moveChannel(channel), (error) => link.broken(error)),
    });
    this.#links.set(link.peerId, gamerLink);
    return gamerLink;
  }

  #heard(event: MeshEvent): void {
    if (event.kind === 'state') {
      // The last one comes when all is closed.
      if (!this.#closing) this.dispatchEvent(new Event('state'));
    } else if (event.kind === 'unlinked') {
      this.#links.delete(event.link.peerId);
      this.dispatchEvent(new Event('volunteers'));
      // A connection that was lost told it already; one that never came to be did not.
      if (event.error && event.error !== this.#lastError) this.#tell(event.error);
    } else if (event.kind !== 'linked') this.#tell(event.error);
  }

  /** It gave a wrong result: nothing more goes there, nothing unchecked that came from there is used again, and the server hears of it. */
  #barred(volunteerId: string, taskType: string, error: MeshError): void {
    const why = error.message.slice(0, SIGNALING.maxAccusationChars);
    this.#mesh?.session.tellAccusation({ volunteerId, taskType, why });
    this.#work.forgetFrom(volunteerId);
    this.#links.get(volunteerId)?.bar();
    this.dispatchEvent(new Event('volunteers'));
    this.#tell(error);
  }

  #tell(error: MeshError): void {
    this.#lastError = error;
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }

  #notReady(wanted: number, timeoutMs: number): MeshError {
    const seconds = Math.round(timeoutMs / 100) / 10;
    const found = `${this.volunteers.length} of ${wanted} volunteers were linked within ${seconds} s.`;
    const why = this.#lastError ? ` The last trouble: ${this.#lastError.message}` : '';
    return new MeshError(
      'no-volunteer',
      `${found} Send somebody the invite link, or allow tasks to run locally.${why}`,
    );
  }

  #streamLinks(): StreamLink[] {
    return [...this.#links.values()].flatMap((link) => {
      const { capabilities } = link;
      if (!capabilities || link.isBarred) return [];
      return {
        id: link.id,
        name: link.name,
        capabilities,
        rttMs: () => link.rttMs,
        sendControl: (message) => link.link.send(message),
        onControl: (listener) =>
          link.link.events.add((event) => {
            if (event.kind === 'message') listener(event.message);
          }),
        ensureVideo: () => link.ensureVideo(),
        gaveWrong: (error) => this.#dispatcher.bar(link.id, 'stream', error),
      };
    });
  }

  /** Tells the coordinator how volunteers did, for its ranking. */
  #report(): void {
    this.#cancelReports = systemClock.after(SIGNALING_CLIENT.statusIntervalMs, () => this.#report());
    for (const link of this.#links.values()) {
      const report = link.takeReport();
      if (report) this.#mesh?.session.tellReport(report);
    }
  }
}
