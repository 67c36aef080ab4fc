import { type Clock, systemClock } from '../../../shared/clock.ts';
import { CspViolations } from '../../../shared/csp-violations.ts';
import { parseUrl } from '../../../shared/older-browsers.ts';
import { noWebRtc, type PeerOptions } from '../peer.ts';
import { type IceFinding, type NetworkFindings, RELAY_TRANSPORTS, type RelayTransport } from './findings.ts';
import type { Connect } from './ice-gathering.ts';
import { probeRelays, probeStun, type SortedIceServers, sortIceServers } from './ice-probes.ts';
import { probeServer } from './server-probe.ts';
import { probeThroughput } from './throughput-probe.ts';

/**
 * Time limits of the steps, ms, which stay below the 10 s that a person waits for a test. Joining by polling begins after a WebSocket had
 * 3 s. STUN and TURN send a request four times within 3.5 s (RFC 8489, section 6.2.1). Measuring has what is left, at least 2 s.
 */
const LIMITS = { totalMs: 9_500, serverMs: 4_500, iceMs: 3_000 } as const;

export interface NetworkTestOptions {
  url: string;
  /** In place of those that the server names. */
  iceServers?: RTCIceServer[] | undefined;
  /** WebRTC for Node. */
  wrtc?: PeerOptions['wrtc'];
  clock?: Clock;
}

/**
 * Tries everything between this browser, the server and its relay: the server first, since it names the others, then STUN and each way to
 * the relay at once, then how fast data flows. Takes at most 9.5 s. Never rejects.
 */
export async function testNetwork(options: NetworkTestOptions): Promise<NetworkFindings> {
  const { url, wrtc, clock = systemClock } = options;
  const connect = connectionMaker(wrtc);
  const endMs = clock.now() + LIMITS.totalMs;
  // Not that of `location`: a sandboxed frame has an address, and no origin.
  const { origin = null } = globalThis as { origin?: string };
  const policy = new CspViolations();
  const server = await probeServer({ ...{ url, clock, origin }, limitMs: LIMITS.serverMs, fetch: globalThis.fetch });
  const host = parseUrl(url)?.host;
  const isStoppedByPolicy = host !== undefined && (await policy.wasBlocked(host));
  policy.dispose();
  const sorted = sortIceServers(options.iceServers ?? server.iceServers);
  const iceOptions = { connect, clock, limitMs: LIMITS.iceMs };
  const [stun, relay] = await Promise.all([
    probeStun(sorted.stunUrls, iceOptions),
    probeRelays(sorted.relay, iceOptions),
  ]);
  const throughput = await probeThroughput({
    ...{ connect, clock, ...pathOf(sorted.relay, relay) },
    limitMs: endMs - clock.now(),
  });
  return {
    isOnline: globalThis.navigator?.onLine ?? true,
    hasWebRtc: connectionOf(wrtc) !== undefined,
    server: server.finding,
    isStoppedByPolicy,
    credentialRefusal: options.iceServers ? null : server.credentialRefusal,
    stun,
    relay,
    throughput,
  };
}

/** Undefined where there is no WebRTC. */
function connectionOf(wrtc: PeerOptions['wrtc']): typeof RTCPeerConnection | undefined {
  return wrtc ? wrtc.RTCPeerConnection : globalThis.RTCPeerConnection;
}

function connectionMaker(wrtc: PeerOptions['wrtc']): Connect {
  return (configuration) => {
    const Connection = connectionOf(wrtc);
    if (!Connection) throw noWebRtc();
    return new Connection(configuration);
  };
}

/** The quickest way to the relay that works. */
function pathOf(servers: SortedIceServers['relay'], found: Record<RelayTransport, IceFinding>) {
  const transport = RELAY_TRANSPORTS.find((name) => found[name].result === 'works');
  return transport ? { iceServers: servers[transport], byRelay: true } : { iceServers: [], byRelay: false };
}
