import type { ChannelName } from '../../shared/channels.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import type { Capabilities } from '../../shared/messages.ts';
import { type Introduction, PROTOCOL_VERSION, type Role } from '../../shared/signaling.ts';
import { Link, type LinkEnvironment } from './link.ts';
import type { ControlBytes, LinkEvent } from './link-environment.ts';
import { Peer, type PeerOptions } from './peer.ts';

export const CAPABILITIES: Capabilities = {
  adapter: 'test',
  tasks: ['echo'],
  codecs: ['vp8'],
  backends: { echo: { backend: 'js', unitsPerMs: 1_000 } },
};

export type CreateChannel = Parameters<LinkEnvironment['attachChannels']>[1];

export interface EndOptions {
  attach?(createChannel: CreateChannel): () => void;
  onControlBytes?(bytes: ControlBytes): void;
  protocolVersion?: number;
  /** What the volunteer offers; a function is called at each hello. */
  capabilities?: Capabilities | (() => Capabilities);
  relayOnly?: boolean;
  iceServers?: RTCIceServer[];
  clock?: Clock;
  /** Default: always. */
  isIntroduced?(): boolean;
}

/** One side of a pair: its link, the events of that link, and the browser's connections, on which a test can cause faults. */
export interface LinkEnd {
  link: Link;
  events: LinkEvent[];
  connections: TestConnection[];
}

/** A connection that exposes its channels and counts the calls of `getStats`. */
export class TestConnection extends RTCPeerConnection {
  readonly channels = new Map<string, RTCDataChannel>();
  statsAsked = 0;

  override getStats(): Promise<RTCStatsReport> {
    this.statsAsked++;
    return super.getStats();
  }

  override createDataChannel(label: ChannelName, options?: RTCDataChannelInit): RTCDataChannel {
    const channel = super.createDataChannel(label, options);
    this.channels.set(label, channel);
    return channel;
  }
}

/** Two links in one page over real WebRTC; a function call replaces the coordinator. */
export function linkPair(gamerOptions: EndOptions = {}, volunteerOptions: EndOptions = {}) {
  // The volunteer is created first because it waits for the gamer's offer.
  const volunteer = linkEnd('volunteer', volunteerOptions, () => gamer.link);
  const gamer: LinkEnd = linkEnd('gamer', gamerOptions, () => volunteer.link);
  return { gamer, volunteer };
}

function linkEnd(role: Role, options: EndOptions, other: () => Link): LinkEnd {
  const { attach = () => () => {}, protocolVersion = PROTOCOL_VERSION, clock = systemClock } = options;
  const { relayOnly = false, iceServers = [], isIntroduced = () => true } = options;
  const connections: TestConnection[] = [];
  let attempts = 0;
  const environment: LinkEnvironment = {
    clock,
    openPeer: (initiate) => new Peer({ initiate, iceServers, relayOnly, clock, wrtc: recorded(connections) }),
    hasRelay: () => false,
    isOnline: () => true,
    isIntroduced,
    iceServers: () => iceServers,
    random: () => 0.5,
    nextAttempt: () => attempts++,
    sendSignal: (_, attempt, signal) => {
      const relayed = structuredClone(signal);
      setTimeout(() => other().receive(attempt, relayed));
    },
    hello: () => {
      const { capabilities: own = CAPABILITIES } = options;
      const capabilities = typeof own === 'function' ? own() : own;
      return { kind: 'hello', protocolVersion, role, capabilities: role === 'volunteer' ? capabilities : null };
    },
    attachChannels: (_, createChannel) => attach(createChannel),
    onControlBytes: (_, bytes) => options.onControlBytes?.(bytes),
  };
  const introduction: Introduction = {
    peerId: `peer of the ${role}`,
    name: 'other',
    score: 1,
    role: role === 'gamer' ? 'volunteer' : 'gamer',
    initiate: role === 'gamer',
  };
  const link = new Link(introduction, environment);
  const events: LinkEvent[] = [];
  link.events.add((event) => events.push(event));
  return { link, events, connections };
}

/** The browser's WebRTC; every new connection is added to `connections`. */
function recorded(connections: TestConnection[]): PeerOptions['wrtc'] {
  const RTCPeerConnection = class extends TestConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
  return { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate };
}
