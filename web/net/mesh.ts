import { randomId } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Capabilities } from '../../shared/messages.ts';
import { parseUrl } from '../../shared/older-browsers.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import {
  FIRST_ATTEMPT,
  type Introduction,
  type JoinRequest,
  joinSchema,
  PROTOCOL_VERSION,
  type Role,
  type VolunteerStatus,
} from '../../shared/signaling.ts';
import type { TaskName } from '../../shared/tasks/definition.ts';
import { reportConnectionOutcome } from './connection-outcome.ts';
import { withLateIceServers } from './ice-servers.ts';
import type { Identity } from './identity.ts';
import { Link, type LinkEnvironment } from './link.ts';
import { hasWebRtc, Peer, type PeerOptions, requireWebRtc } from './peer.ts';
import { SignalingClient } from './signaling-client.ts';
import type { SignalingEvent, SignalingState } from './signaling-session.ts';

export interface MeshJoinOptions {
  url: string;
  role: Role;
  name: string;
  /** Absent: a new room with an unguessable name. */
  room?: string | undefined;
  /** A signed token, for rooms that require one. */
  invite?: string | undefined;
  inviteOnly?: boolean | undefined;
  /** Volunteers: serve any gamer through the lobby instead of a room. Gamers: accept such volunteers as well. */
  lobby?: boolean | undefined;
  /** Gamers in the lobby: accept volunteers that can do at least one of these task types; empty: any. */
  needs?: readonly TaskName[] | undefined;
  /** Volunteers: the key pair under which the server keeps their history. */
  identity?: Identity | undefined;
  /** Absent: the server's. */
  iceServers?: RTCIceServer[] | undefined;
  relayOnly?: boolean | undefined;
  wrtc?: PeerOptions['wrtc'];
  /** Links are of no use to it: it joins without WebRTC too, and then has none. */
  worksAlone?: boolean;
  clock: Clock;
  /** 0..1. */
  random(): number;
  /** Capabilities of this machine; null for gamers. */
  capabilities(): Capabilities | null;
  /** Volunteers: called for every join. */
  status?(): VolunteerStatus;
  attachChannels: LinkEnvironment['attachChannels'];
  onControlBytes?: LinkEnvironment['onControlBytes'];
  onEvent(event: MeshEvent): void;
}

export type MeshEvent =
  | Extract<SignalingEvent, { kind: 'state' | 'refused' | 'ended' }>
  /** A link was created; it may open later. */
  | { kind: 'linked'; link: Link }
  /** A link has ended for good. */
  | { kind: 'unlinked'; link: Link; error: MeshError | null };

/** A member of a room: its session at the coordinator, and a {@link Link} to every peer it was introduced to. */
export class Mesh {
  readonly #options: MeshJoinOptions;
  readonly #links = new Map<string, Link>();
  readonly #environment: Omit<LinkEnvironment, 'openPeer'>;
  /** Null during the join; events wait in `#early` until it is set. */
  #signaling: SignalingClient | null = null;
  #early: SignalingEvent[] = [];
  /** A gamer's first connection, prepared during the join for the first volunteer it is introduced to. */
  #spare: Peer | null = null;
  #attempts: number = FIRST_ATTEMPT;
  #relayOnly: boolean;

  /** Joins a room. Throws MeshError `unsupported-browser`, `bad-input`, `signaling-unreachable`, or the server's refusal. */
  static async join(options: MeshJoinOptions): Promise<Mesh> {
    if (!options.worksAlone) requireWebRtc(options.wrtc);
    const mesh = new Mesh(options);
    const { url, status, identity, clock } = options;
    // First of all: its description goes with the join.
    const tellIceServers = mesh.#makeSpare();
    const joining = SignalingClient.connect({
      url: checkedUrl(url),
      join: () => joinRequest(options),
      offer: mesh.#spare?.description,
      ...(status && { status }),
      ...{ identity, clock },
      onEvent: (event) => mesh.#handle(event),
    });
    try {
      const signaling = await joining;
      if (options.relayOnly && !mesh.#hasRelay(signaling)) {
        await signaling.close();
        throw new MeshError(
          'connection-failed',
          'relayOnly needs a TURN relay, and neither this page nor the server names one. Configure one, or allow direct links.',
        );
      }
      tellIceServers(signaling.joined.iceServers);
      if (signaling.joined.offered !== undefined) mesh.#spareWasOffered();
      mesh.#begin(signaling);
      return mesh;
    } finally {
      mesh.#spare?.destroy();
      mesh.#spare = null;
    }
  }

  private constructor(options: MeshJoinOptions) {
    this.#options = options;
    const { role, capabilities, clock, random, attachChannels, onControlBytes, relayOnly = false } = options;
    this.#relayOnly = relayOnly;
    this.#environment = {
      clock,
      random,
      attachChannels,
      ...(onControlBytes && { onControlBytes }),
      isOnline: () => this.state === 'online',
      isIntroduced: (peerId) => this.session.isIntroduced(peerId),
      iceServers: () => this.#iceServers,
      hasRelay: () => this.#hasRelay(this.session),
      nextAttempt: () => this.#attempts++,
      sendSignal: (peerId, attempt, signal) => this.session.signal(peerId, attempt, signal),
      hello: () => ({ kind: 'hello', protocolVersion: PROTOCOL_VERSION, role, capabilities: capabilities() }),
    };
  }

  /** Our session at the coordinator. Throws MeshError `closed` before the join has been answered. */
  get session(): SignalingClient {
    if (!this.#signaling) throw MeshError.closed('The session');
    return this.#signaling;
  }

  get links(): ReadonlyMap<string, Link> {
    return this.#links;
  }

  get state(): SignalingState {
    return this.session.state;
  }

  /** Whether connections opened from now on go through TURN servers only. Those that exist stay as they are. */
  setRelayOnly(relayOnly: boolean): void {
    this.#relayOnly = relayOnly;
  }

  /** This machine has a network again, perhaps another one: nothing waits for the next attempt. */
  networkReturned(): void {
    this.session.reconnectNow();
    for (const link of [...this.#links.values()]) link.networkReturned();
  }

  /** Closes all connections until {@link resume}: a browser that keeps a page for the way back keeps none of them. */
  suspend(): void {
    this.#closeLinks();
    this.session.suspend();
  }

  /** Returns to the room. The server introduces us to its members again. */
  resume(): void {
    this.session.resume();
  }

  async close(): Promise<void> {
    this.#closeLinks();
    await this.session.close();
  }

  /** Prepares a gamer's first connection while the socket connects. Returns a function that takes the server's ICE servers. */
  #makeSpare(): (iceServers: RTCIceServer[]) => void {
    let tell: (iceServers: RTCIceServer[]) => void = () => {};
    const { role, iceServers, relayOnly = false, wrtc, clock } = this.#options;
    if (role !== 'gamer' || wrtc || !hasWebRtc(wrtc)) return tell;
    const settings = { initiate: true, relayOnly, clock };
    if (iceServers) this.#spare = new Peer({ ...settings, iceServers });
    else {
      const named = new Promise<RTCIceServer[]>((resolve) => {
        tell = resolve;
      });
      this.#spare = new Peer({ ...settings, iceServers: [], wrtc: withLateIceServers(named) });
    }
    return tell;
  }

  /** The first volunteer of the answer to the join has its offer. */
  #spareWasOffered(): void {
    if (this.#spare && !this.#spare.isClosed) this.#spare.wasOffered();
    // That one leads nowhere: the first link makes another one.
    else this.#attempts = FIRST_ATTEMPT + 1;
  }

  /** Reads the ICE servers anew for every connection, since TURN credentials expire. */
  #openPeer(initiate: boolean, isHidden: boolean): Peer {
    const spare = this.#spare;
    if (initiate && spare && !spare.isClosed) {
      this.#spare = null;
      return spare;
    }
    const { wrtc, clock } = this.#options;
    return new Peer({ initiate, iceServers: this.#iceServers, relayOnly: isHidden || this.#relayOnly, wrtc, clock });
  }

  get #iceServers(): RTCIceServer[] {
    return this.#options.iceServers ?? this.session.joined.iceServers;
  }

  #hasRelay({ joined }: SignalingClient): boolean {
    const { iceServers } = this.#options;
    if (!iceServers && joined.relay) return true;
    const servers = iceServers ?? joined.iceServers;
    return servers.flatMap(({ urls }) => urls).some((url) => /^turns?:/.test(url));
  }

  #begin(signaling: SignalingClient): void {
    this.#signaling = signaling;
    for (const event of this.#early.splice(0)) this.#handle(event);
  }

  #handle(event: SignalingEvent): void {
    if (!this.#signaling) this.#early.push(event);
    else if (event.kind === 'introduced') this.#introduced(event.introduction);
    else if (event.kind === 'signal') this.#links.get(event.from)?.receive(event.attempt, event.signal);
    else if (event.kind === 'gone') this.#gone(event);
    else this.#options.onEvent(event);
  }

  /** A restarted server introduces peers that are already linked: links that are open continue unchanged. */
  #introduced(introduction: Introduction): void {
    if (!hasWebRtc(this.#options.wrtc)) return;
    const known = this.#links.get(introduction.peerId);
    if (known) {
      known.introducedAgain();
      return;
    }
    if (this.#links.size >= SIGNALING.roomCapacity) this.#forgetAbsent();
    if (this.#links.size >= SIGNALING.roomCapacity) {
      const error = new MeshError('room-full', 'This page has reached its limit of links. Use another room.');
      this.#options.onEvent({ kind: 'refused', error });
      return;
    }
    // Who was met through a relay is never shown the address later, when the link has to be opened again.
    const isHidden = this.#relayOnly;
    const openPeer = (initiate: boolean) => this.#openPeer(initiate, isHidden);
    const link = new Link(introduction, { ...this.#environment, openPeer });
    this.#links.set(link.peerId, link);
    link.events.add((event) => {
      if (event.kind !== 'closed') return;
      this.#links.delete(link.peerId);
      this.#options.onEvent({ kind: 'unlinked', link, error: event.error });
    });
    const { role, clock } = this.#options;
    // The report of one side is enough.
    if (role === 'gamer') reportConnectionOutcome(link, clock, (outcome) => this.session.reportConnection({ outcome }));
    this.#options.onEvent({ kind: 'linked', link });
  }

  #gone({ peerId, why }: Extract<SignalingEvent, { kind: 'gone' }>): void {
    if (why === 'removed' && peerId === this.session.joined.id) this.#closeLinks();
    const link = this.#links.get(peerId);
    // A peer whose session expired may only have lost the server or its network, and comes back.
    if (link && (why !== 'expired' || !(link.state === 'open' || link.isInterrupted))) link.close(null);
  }

  /** Ends the oldest link that waits for a peer whose session has expired. */
  #forgetAbsent(): void {
    const absent = [...this.#links.values()].find(
      ({ peerId, state }) => state !== 'open' && !this.session.isIntroduced(peerId),
    );
    absent?.close(null);
  }

  #closeLinks(): void {
    for (const link of [...this.#links.values()]) link.close(null);
  }
}

/** Throws MeshError `bad-input`; the server's own error for an invalid join would wrongly blame the version of the page. */
function joinRequest(options: MeshJoinOptions): JoinRequest {
  const { role, name, room, invite, inviteOnly, lobby, needs, identity, wrtc } = options;
  const request = {
    ...{ protocolVersion: PROTOCOL_VERSION, sessionKey: randomId(), role, name },
    ...(room !== undefined && { room }),
    ...(invite !== undefined && { invite }),
    ...(inviteOnly !== undefined && { inviteOnly }),
    ...(lobby !== undefined && { lobby }),
    ...(needs !== undefined && { needs: [...needs] }),
    ...(!hasWebRtc(wrtc) && { worksAlone: true }),
    ...(identity && { publicKey: identity.publicKey }),
  };
  const parsed = joinSchema.safeParse(request);
  if (parsed.success) return request;
  const wrong = String(parsed.error.issues[0]?.path[0]);
  throw MeshError.badInput(
    `The ${wrong} cannot be used. A room has 1 to ${SIGNALING.maxRoomChars} characters, a name 1 to ${SIGNALING.maxNameChars}, ` +
      `an invite up to ${SIGNALING.maxInviteChars}.`,
  );
}

function checkedUrl(url: string): string {
  if (parseUrl(url)) return url;
  throw MeshError.badInput(`The address '${url}' is not that of a server. Give one such as https://play.example.org.`);
}
