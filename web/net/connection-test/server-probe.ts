import { randomId } from '../../../shared/bytes.ts';
import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { parseUrl } from '../../../shared/older-browsers.ts';
import { PROTOCOL_VERSION } from '../../../shared/signaling.ts';
import { SignalingSession } from '../signaling-session.ts';
import type { CredentialRefusal, ServerFinding } from './findings.ts';

/** Round trips that are timed; the shortest counts, since anything can delay one. */
const ROUND_TRIPS = 3;

export interface ServerProbeOptions {
  url: string;
  clock: Clock;
  limitMs: number;
  /** Requests a page of the server. */
  fetch: typeof fetch;
  /** The origin of this page; null outside browsers. */
  origin: string | null;
}

export interface ServerProbe {
  finding: ServerFinding;
  iceServers: RTCIceServer[];
  /** Null where the server gave a credential for its relay, or has none. */
  credentialRefusal: CredentialRefusal | null;
}

/**
 * Joins a room of its own at the server, times it, and gets a credential for its relay that is good for a minute: sessions that know nobody
 * get no other. Then it leaves.
 */
export async function probeServer(options: ServerProbeOptions): Promise<ServerProbe> {
  const { url, clock, limitMs } = options;
  const asking = isAnsweringPages(options);
  const startMs = clock.now();
  let session: SignalingSession | null = null;
  let cancelLimit = () => {};
  try {
    const late = new Promise<never>((_, reject) => {
      cancelLimit = clock.after(limitMs, () => reject(noAnswer(url, limitMs)));
    });
    session = new SignalingSession({
      url,
      join: () => ({
        ...{ protocolVersion: PROTOCOL_VERSION, sessionKey: randomId(), role: 'gamer', name: 'connection test' },
        inviteOnly: true,
      }),
      status: () => undefined,
      clock,
      hasPeers: () => false,
      onEvent: () => {},
      onDisconnected: () => {},
    });
    return await Promise.race([examine(session, clock, startMs), late]);
  } catch (cause) {
    const { reason, message } = MeshError.from(cause, 'signaling-unreachable');
    const finding = { result: 'failed', reason, message, isAnsweringPages: await asking } as const;
    return { finding, iceServers: [], credentialRefusal: null };
  } finally {
    cancelLimit();
    // It ends by itself: whoever waits for the test need not wait for the server's good-bye.
    void session?.close();
  }
}

async function examine(session: SignalingSession, clock: Clock, startMs: number): Promise<ServerProbe> {
  await session.firstJoin;
  const { joined, isPolling } = session;
  const joinMs = clock.now() - startMs;
  let rttMs = Number.POSITIVE_INFINITY;
  for (let count = 0; count < ROUND_TRIPS; count++) {
    const sentMs = clock.now();
    // Any request would do; this one changes nothing.
    await session.request('gamers', null);
    rttMs = Math.min(rttMs, clock.now() - sentMs);
  }
  const finding = { result: 'works', isPolling, joinMs, rttMs } as const;
  return joined.relay
    ? { finding, ...(await testGrant(session)) }
    : { finding, iceServers: joined.iceServers, credentialRefusal: null };
}

async function testGrant(session: SignalingSession): Promise<Pick<ServerProbe, 'iceServers' | 'credentialRefusal'>> {
  try {
    const { iceServers } = await session.request('ice', null);
    const hasRelay = iceServers.some(({ credential }) => credential !== undefined);
    return { iceServers, credentialRefusal: hasRelay ? null : 'fixed' };
  } catch (cause) {
    const isTooMany = MeshError.from(cause).reason === 'rate-limited';
    return { iceServers: session.joined.iceServers, credentialRefusal: isTooMany ? 'too-many' : 'failed' };
  }
}

/** Whether the server answers requests of this page; null where it may not ask. Never rejects. */
async function isAnsweringPages({ url, clock, limitMs, fetch, origin }: ServerProbeOptions): Promise<boolean | null> {
  if (!parseUrl(url)) return false;
  const page = new URL('healthz', url);
  if (page.origin !== origin) return null;
  const aborting = new AbortController();
  const cancelLimit = clock.after(limitMs, () => aborting.abort());
  try {
    return (await fetch(page, { signal: aborting.signal, cache: 'no-store' })).ok;
  } catch {
    return false;
  } finally {
    cancelLimit();
  }
}

function noAnswer(url: string, limitMs: number): MeshError {
  return new MeshError(
    'signaling-unreachable',
    `The P2C2R server at ${url} did not answer within ${limitMs / 1_000} s. Check the address, and that the server runs.`,
  );
}
