import type { Clock } from '../../../shared/clock.ts';
import { isRelayFull } from '../connection-outcome.ts';
import {
  type IceFinding,
  type IceResult,
  RELAY_TRANSPORTS,
  type RelayTransport,
  type StunFinding,
  type Translation,
} from './findings.ts';
import { type Candidate, type Connect, type Gathering, gatherCandidates } from './ice-gathering.ts';

/** How long further STUN servers are waited for after the first answered, ms: they show whether the network gives each of them the same port. */
const STUN_LINGER_MS = 500;
/** Codes of STUN and TURN (RFC 8489, section 14.8; RFC 8656, section 19) for a credential that does not count. */
const REFUSED_CODES: readonly number[] = [400, 401, 403, 438, 441];

export interface IceProbeOptions {
  connect: Connect;
  clock: Clock;
  limitMs: number;
}

/** The STUN and TURN servers of a grant, sorted by how they are reached. */
export interface SortedIceServers {
  /** `stun:` addresses; those of relays by UDP answer STUN as well. */
  stunUrls: string[];
  relay: Record<RelayTransport, RTCIceServer[]>;
}

export function sortIceServers(iceServers: readonly RTCIceServer[]): SortedIceServers {
  const stunUrls = new Set<string>();
  const relay: SortedIceServers['relay'] = { udp: [], tcp: [], tls: [] };
  for (const { urls, ...credential } of iceServers) {
    for (const url of [urls].flat()) {
      const transport = relayTransportOf(url);
      if (transport) relay[transport].push({ ...credential, urls: url });
      else stunUrls.add(url);
      if (transport === 'udp') stunUrls.add(url.replace(/^turn:/i, 'stun:').replace(/\?.*$/, ''));
    }
  }
  return { stunUrls: [...stunUrls], relay };
}

/** Asks the STUN servers how this network shows the browser to others. */
export async function probeStun(urls: readonly string[], options: IceProbeOptions): Promise<StunFinding> {
  if (urls.length === 0) return { result: 'not-offered', ms: null, translation: null };
  const gathering = await attempt({
    ...options,
    iceServers: [{ urls: [...urls] }],
    wanted: 'srflx',
    lingerMs: STUN_LINGER_MS,
  });
  if (!gathering) return { result: 'no-webrtc', ms: null, translation: null };
  const { candidates, foundAfterMs } = gathering;
  const hasAnswer = foundAfterMs !== null || isAtOwnAddress(gathering);
  if (hasAnswer) return { result: 'works', ms: foundAfterMs, translation: translationOf(candidates, urls.length) };
  return { result: failureOf(gathering), ms: null, translation: null };
}

/** Asks a relay for an address, by each transport that the server names, at the same time. */
export async function probeRelays(
  relay: SortedIceServers['relay'],
  options: IceProbeOptions,
): Promise<Record<RelayTransport, IceFinding>> {
  const probe = async (transport: RelayTransport): Promise<IceFinding> => {
    const iceServers = relay[transport];
    if (iceServers.length === 0) return { result: 'not-offered', ms: null };
    const gathering = await attempt({ ...options, iceServers, wanted: 'relay', lingerMs: 0 });
    if (!gathering) return { result: 'no-webrtc', ms: null };
    const { foundAfterMs } = gathering;
    return { result: foundAfterMs === null ? failureOf(gathering) : 'works', ms: foundAfterMs };
  };
  const found = await Promise.all(RELAY_TRANSPORTS.map(probe));
  const [udp, tcp, tls] = found as [IceFinding, IceFinding, IceFinding];
  return { udp, tcp, tls };
}

/** @returns null where the browser makes no connections, or takes these servers for malformed */
async function attempt(options: Parameters<typeof gatherCandidates>[0]): Promise<Gathering | null> {
  try {
    return await gatherCandidates(options);
  } catch {
    return null;
  }
}

/** Null: of a STUN server. What relays call TLS, browsers reach by TCP only. */
function relayTransportOf(url: string): RelayTransport | null {
  if (/^turns:/i.test(url)) return 'tls';
  if (!/^turn:/i.test(url)) return null;
  return /[?&]transport=tcp/i.test(url) ? 'tcp' : 'udp';
}

/** Every server answered, and none saw another address than the browser's own, for which browsers make no second candidate. */
function isAtOwnAddress({ candidates, errors, isComplete }: Gathering): boolean {
  return isComplete && errors.length === 0 && candidates.length > 0;
}

/**
 * How the network translates addresses. Candidates of one socket have one foundation (RFC 8445, section 5.1.1.3), and browsers leave out those
 * whose address they know already: where two servers saw one socket under two ports, each peer sees yet another.
 */
export function translationOf(candidates: readonly Candidate[], servers: number): Translation {
  const seen = candidates.filter(({ type }) => type === 'srflx');
  if (seen.length === 0) return 'none';
  const sockets = new Set(seen.map(({ foundation }) => foundation));
  if (sockets.size < seen.length) return 'varying';
  return servers > 1 ? 'steady' : 'unknown';
}

function failureOf({ errors, isComplete, candidates }: Gathering): IceResult {
  if (errors.some(isRelayFull)) return 'full';
  if (errors.some(({ errorCode }) => REFUSED_CODES.includes(errorCode))) return 'refused';
  // The code for every failure to reach a server is 701 (W3C WebRTC, RTCPeerConnectionIceErrorEvent); only Chromium's words tell them apart.
  if (errors.some(({ errorText }) => /host lookup/i.test(errorText))) return 'unknown-host';
  if (!isComplete) return 'silent';
  return errors.length > 0 || candidates.length > 0 ? 'unreachable' : 'no-webrtc';
}
