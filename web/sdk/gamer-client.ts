import { MeshError } from '../../shared/errors.ts';
import { checkWhere } from '../../shared/tasks/definition.ts';
import { prepareTaskKeys } from '../dispatch/result-cache.ts';
import type { PeerOptions } from '../net/peer.ts';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import { measuredCodecs } from '../stream/codec/codecs.ts';
import type { Attachment, AttachOptions } from './attach/attachment.ts';
import { runConnectionTest } from './connection-test/connection-test.ts';
import type { ConnectionReport } from './connection-test/report.ts';
import { orNull, pageDiagnostics } from './diagnostics.ts';
import type { GamerDiagnostics } from './diagnostics-types.ts';
import { GamerRoom } from './gamer-room.ts';
import { GamerStreams } from './gamer-streams.ts';
import { GamerTasks } from './gamer-tasks.ts';
import { defaultServerUrl, watchPage } from './host-page.ts';
import { createInvite, createInviteCode, withInviteLink } from './invites.ts';
import { LocalEngineClient } from './local-engine-client.ts';
import { applyLogSetting } from './log-setting.ts';
import type {
  ClientStats,
  CreatedInvite,
  FrameStream,
  GamerInfo,
  GamerOptions,
  InviteCode,
  InviteOptions,
  StreamOptions,
  StreamSource,
  Task,
  TaskOptions,
  TaskType,
  TaskTypes,
  VolunteerInfo,
} from './types.ts';
import { whenVolunteersLinked } from './when-volunteers-linked.ts';

/** `reconnecting`: the server cannot be reached, while tasks and streams continue over the links that exist. */
export type GamerState = 'connecting' | 'online' | 'reconnecting' | 'closed';

/**
 * The game's side of P2C2R. Submits tasks and opens streams, which run on the volunteers of a room or on this machine, whichever is
 * predicted to be sooner.
 *
 * Events:
 * - `volunteers`: the list of volunteers, or something in it, changed.
 * - `state`: {@link GamerClient.state} changed.
 * - `error` (CustomEvent<MeshError>): a volunteer could not be linked or was barred, or the server ended the session. Tasks and streams
 *   continue as far as they can.
 * - `redispatched` (CustomEvent<Redispatch>): a task was started again on another machine.
 * - `model-progress` (CustomEvent<ModelProgress>): this machine is downloading a neural network.
 */
export class GamerClient extends EventTarget {
  readonly #url: string;
  readonly #ice: { iceServers: RTCIceServer[] | undefined; wrtc: PeerOptions['wrtc'] };
  readonly #engine: LocalEngineClient;
  readonly #trust = new VolunteerTrust(Math.random);
  readonly #tasks: GamerTasks;
  readonly #room: GamerRoom;
  readonly #streams: GamerStreams;
  readonly #stopWatchingPage = watchPage({
    end: () => this.close(),
    suspend: () => this.#room.suspend(),
    resume: () => this.#room.resume(),
    networkReturned: () => this.#room.networkReturned(),
  });
  #closing: Promise<void> | null = null;

  /**
   * Joins a room as a gamer, by default a new one.
   *
   * Throws MeshError `bad-input`, `unsupported-browser`, `signaling-unreachable`, `not-invited`, `room-full`, `protocol-version`.
   */
  static async connect(given: GamerOptions = {}): Promise<GamerClient> {
    const options = withInviteLink(given);
    checkWhere(options.where ?? 'auto');
    applyLogSetting(options.log);
    const client = new GamerClient(options);
    try {
      await client.#room.join(options);
      // Not before: the first connection waits for the network now, and until now it waited for this thread.
      await prepareTaskKeys();
      return client;
    } catch (cause) {
      await client.close();
      throw MeshError.from(cause, 'connection-failed');
    }
  }

  private constructor({ where = 'auto', url = defaultServerUrl(), iceServers, wrtc }: GamerOptions) {
    super();
    this.#url = url;
    this.#ice = { iceServers, wrtc: wrtc as PeerOptions['wrtc'] };
    this.#engine = new LocalEngineClient((progress) => this.#emit('model-progress', progress));
    this.#tasks = new GamerTasks(this.#engine, this.#trust, where, {
      onVolunteerResult: (volunteerId, succeeded) => this.#room.countResult(volunteerId, succeeded),
      onRedispatch: (redispatch) => this.#emit('redispatched', redispatch),
    });
    this.#room = new GamerRoom({
      url,
      dispatcher: this.#tasks.dispatcher,
      engine: this.#engine,
      trust: this.#trust,
      onVolunteersChanged: () => this.dispatchEvent(new Event('volunteers')),
      onStateChanged: () => this.dispatchEvent(new Event('state')),
      onError: (error) => this.#emit('error', error),
    });
    this.#streams = new GamerStreams({
      engine: this.#engine,
      trust: this.#trust,
      room: this.#room,
      onVolunteersChanged: (listener) => {
        this.addEventListener('volunteers', listener);
        return () => this.removeEventListener('volunteers', listener);
      },
      defaultWhere: where,
    });
  }

  /** The room's name; empty while connecting. */
  get room(): string {
    return this.#room.joined?.room ?? '';
  }

  /** Whether the server has an open lobby. */
  get hasLobby(): boolean {
    return this.#room.joined?.lobby ?? false;
  }

  /** Whether the server is reached by polling, as on networks that block WebSockets: joins and introductions take longer. Changes with `state`. */
  get isPolling(): boolean {
    return this.#room.isPolling;
  }

  /** Whether this client owns the room: it created it, or joined with an owner's invite. */
  get isOwner(): boolean {
    return this.#room.joined?.owner ?? false;
  }

  /** Whether this client may invite others: the room's owner and guests whom the owner allows to; in an open room every gamer. */
  get mayInvite(): boolean {
    return this.#room.joined?.mayInvite ?? false;
  }

  /** Whether the room can only be joined with an invite. */
  get isInviteOnly(): boolean {
    return this.#room.joined?.inviteOnly ?? false;
  }

  get state(): GamerState {
    return this.#closing ? 'closed' : this.#room.state;
  }

  /** The volunteers with an open link. */
  get volunteers(): readonly VolunteerInfo[] {
    return this.#room.volunteers;
  }

  /** How many volunteers were linked, cannot be reached now, and are tried again. Changes with `volunteers`. */
  get interrupted(): number {
    return this.#room.interrupted;
  }

  /**
   * Resolves when this many volunteers are linked (default 1). Throws MeshError `no-volunteer` after `timeoutMs` (default 30,000 ms),
   * `closed`.
   */
  whenReady(options: { volunteers?: number; timeoutMs?: number } = {}): Promise<void> {
    return whenVolunteersLinked(this, options, () => this.#room.lastError);
  }

  /** Resolves when fewer than a quarter of the tasks that may wait are waiting. Await it between batches of bulk work. */
  ready(): Promise<void> {
    return this.#tasks.dispatcher.ready();
  }

  /**
   * Submits a task. Never throws: any error rejects the task's `result` with a MeshError, such as `bad-input`, `too-large`,
   * `queue-full`, `timeout`, `cancelled`, `no-volunteer`, `volunteer-failed`, `verify-failed`, `closed`.
   */
  submitTask<T extends TaskType>(type: T, input: TaskTypes[T]['input'], options: TaskOptions = {}): Task<T> {
    return this.#tasks.submit(type, input, options);
  }

  /** Submits several tasks. Tasks submitted together are sent to a volunteer in one transfer. */
  submitTasksBatch<T extends TaskType>(
    items: { type: T; input: TaskTypes[T]['input']; options?: TaskOptions }[],
  ): Task<T>[] {
    return items.map(({ type, input, options }) => this.submitTask(type, input, options));
  }

  /**
   * Awaits a task by its id. Results are kept for 60 s after their tasks end. A timeout ends the waiting, not the task. Throws MeshError
   * `bad-input` for an unknown or forgotten id, `timeout`, or the error the task failed with.
   */
  getResult(id: string, { timeoutMs }: { timeoutMs?: number } = {}): Promise<unknown> {
    return this.#tasks.result(id, timeoutMs);
  }

  /** Opens a stream of upscaled frames from a live source. Throws MeshError `unsupported-browser`, `bad-input`, `source-ended`, `closed`. */
  openStream(source: StreamSource, options: StreamOptions = {}): Promise<FrameStream> {
    return this.#streams.open(source, options);
  }

  /**
   * Lays the sharpened picture over a canvas or a video of the page, and follows it. Input goes on reaching the element, and sound stays where it
   * is. The picture is shown only while it is better than the element's own.
   *
   * Throws MeshError `bad-input` for an element that cannot be captured, that has such a picture already, or for impossible options;
   * `unsupported-browser`, `source-ended`, `closed`.
   */
  attach(element: HTMLCanvasElement | HTMLVideoElement, options: AttachOptions = {}): Promise<Attachment> {
    return this.#streams.attach(element, options);
  }

  /**
   * Makes a link by which others may join this room, if this client may invite (see `mayInvite`). Throws MeshError `signaling-unreachable`, `not-invited`, `bad-input`, `closed`.
   *
   * @returns the link, and the token in it, with which the invite can be revoked.
   */
  async createInvite(options: InviteOptions = {}): Promise<CreatedInvite> {
    return createInvite(this.#room.session(), this.#url, options);
  }

  /**
   * Has the server keep a code of eight characters for an invite of this room, and for at most a day: for typing, and for a short link. Asked again,
   * it gives the same code. Not for an invite with `owner` or `mayInvite`. Throws MeshError `signaling-unreachable`, `not-invited`,
   * `rate-limited`, `malformed` (a server without codes), `closed`.
   */
  async createInviteCode(token: string): Promise<InviteCode> {
    return createInviteCode(this.#room.session(), this.#url, token);
  }

  /**
   * Revokes an invite: it admits nobody new, and those who joined with it stay. Only for the room's owner.
   * Throws MeshError `signaling-unreachable`, `not-invited`, `rate-limited`, `closed`.
   */
  async revokeInvite(token: string): Promise<void> {
    await this.#room.session().revokeInvite(token);
  }

  /**
   * Removes a volunteer from the room for as long as the room exists. It is notified, and its invite is revoked. Only for the room's
   * owner. Throws MeshError `signaling-unreachable`, `not-invited`, `rate-limited`, `closed`.
   */
  async removeVolunteer(volunteerId: string): Promise<void> {
    await this.#room.session().removeVolunteer(volunteerId);
  }

  /**
   * The other gamers of the room. Only for the room's owner. Throws MeshError `signaling-unreachable`, `not-invited`, `rate-limited`,
   * `closed`.
   */
  async gamers(): Promise<GamerInfo[]> {
    return this.#room.session().gamers();
  }

  /**
   * Removes a gamer that is no owner from the room. It is notified, and its invite is revoked with those that it created. Only for the
   * room's owner. Throws MeshError `signaling-unreachable`, `not-invited`, `rate-limited`, `closed`.
   */
  async removeGamer(gamerId: string): Promise<void> {
    await this.#room.session().removeGamer(gamerId);
  }

  /** Allows volunteers of the server's open lobby to help this room, or no longer. Resolves when the server knows. */
  async setLobby(open: boolean): Promise<void> {
    if (!this.#closing) await this.#room.session().setLobby(open);
  }

  /**
   * Whether links opened from now on hide this machine's IP addresses, as the option `relayOnly` does for all. Links that exist stay as
   * they are. Without a TURN relay no further volunteer can be linked.
   */
  setRelayOnly(relayOnly: boolean): void {
    if (!this.#closing) this.#room.setRelayOnly(relayOnly);
  }

  stats(): ClientStats {
    return this.#tasks.stats();
  }

  /**
   * Tests what works between this browser, the server and its relay, and what this machine computes with, within 10 s. Each step says what to do
   * where it failed. It sends a few megabytes through the relay, and the server limits how often an address may. Never rejects.
   */
  testConnection(): Promise<ConnectionReport> {
    return runConnectionTest({ url: this.#url, ...this.#ice });
  }

  /** A report for diagnosing a problem. It has no names, invites, keys or network addresses. Never rejects. */
  async diagnostics(): Promise<GamerDiagnostics> {
    const [page, links, engine, codecs] = await Promise.all([
      pageDiagnostics(),
      this.#room.diagnostics(),
      orNull(this.#engine.startedCapabilities()),
      orNull(measuredCodecs()),
    ]);
    return {
      role: 'gamer',
      state: this.state,
      ...page,
      engine: engine && { adapter: engine.adapter, backends: engine.backends },
      codecs: codecs ?? [],
      tasks: this.stats(),
      streams: this.#streams.diagnostics(),
      links,
    };
  }

  /** Ends every task and stream with reason `closed`, and leaves the room. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopWatchingPage();
    this.#room.close();
    this.#tasks.refuse();
    await this.#streams.close();
    this.#tasks.dispose(MeshError.closed('The client'));
    await this.#room.leave();
    this.#engine.dispose();
    this.dispatchEvent(new Event('state'));
  }

  #emit(type: 'error' | 'redispatched' | 'model-progress', detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
