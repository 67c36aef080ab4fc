import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { logger } from '../../shared/log.ts';
import type { LinkOutcome } from '../../shared/server-status.ts';

const log = logger('net.ice');

/** How a connection reaches the other side; `relay`: through a TURN server, whichever side uses it. */
export type IcePath = Exclude<LinkOutcome, 'failed'>;

/** The candidate pair in use, without any address. */
export interface IceRoute {
  path: IcePath;
  /** Type of each end's candidate (RFC 8445, section 5.1.1): `host`, `srflx`, `prflx` or `relay`; empty if the browser does not report it. */
  local: string;
  remote: string;
  /** Last round trip of a connectivity check, ms; null if the browser does not report it. */
  rttMs: number | null;
}

/** Delay between a link opening and the lookup of its path, ms: its first seconds belong to frames. */
export const PATH_LOOKUP_DELAY_MS = 3_000;

/** The members of WebRTC statistics that are read here (W3C webrtc-stats); each browser leaves out some of them. */
interface IceStatistics {
  id: string;
  type: string;
  selectedCandidatePairId?: string;
  /** Firefox marks the pair in use with this instead. */
  selected?: boolean;
  nominated?: boolean;
  state?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
  candidateType?: string;
  /** Seconds. */
  currentRoundTripTime?: number;
}

/** Route of the candidate pair in use; null while there is none. */
export function iceRouteOf(report: Pick<RTCStatsReport, 'forEach'>): IceRoute | null {
  const entries = new Map<string, IceStatistics>();
  report.forEach((entry: IceStatistics) => {
    entries.set(entry.id, entry);
  });
  const pair = pairInUse(entries);
  if (!pair) return null;
  const typeOf = (id: string | undefined) => entries.get(id ?? '')?.candidateType ?? '';
  const local = typeOf(pair.localCandidateId);
  const remote = typeOf(pair.remoteCandidateId);
  const { currentRoundTripTime } = pair;
  const rttMs = currentRoundTripTime === undefined ? null : currentRoundTripTime * 1_000;
  return { path: local === 'relay' || remote === 'relay' ? 'relay' : 'direct', local, remote, rttMs };
}

function pairInUse(entries: ReadonlyMap<string, IceStatistics>): IceStatistics | undefined {
  const all = [...entries.values()];
  const transport = all.find(({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId);
  if (transport) return entries.get(transport.selectedCandidatePairId ?? '');
  return all.find(
    ({ type, selected, nominated, state }) =>
      type === 'candidate-pair' && (selected || (nominated && state === 'succeeded')),
  );
}

/** Codes of TURN (RFC 8656, section 19): Allocation Quota Reached, Insufficient Capacity. */
const FULL_CODES: readonly number[] = [486, 508];

/** Whether a relay answered that it has no address left for us. */
export function isRelayFull({ errorCode }: Pick<RTCPeerConnectionIceErrorEvent, 'errorCode'>): boolean {
  return FULL_CODES.includes(errorCode);
}

/**
 * The error for two browsers that found no path to each other. A missing TURN relay is the usual reason, and only the owner of the
 * server can set one up.
 *
 * @param cause - the error of the connection itself.
 * @param relay - `isRelayFull`: it answered that it has no address left for us.
 */
export function noRoute(cause: MeshError, relay: { hasRelay: boolean; isRelayFull: boolean }): MeshError {
  const whereThere = relay.isRelayFull ? RELAY_FULL : RELAY_FAILED;
  return new MeshError('connection-failed', relay.hasRelay ? whereThere : NO_RELAY, { cause });
}

const NO_RELAY =
  'The two browsers found no way to each other: their networks allow no direct connection, and this server has no TURN relay. ' +
  'Ask its owner to set TURN_URLS and TURN_SECRET, as docs/hosting.md says under “A TURN relay”.';
const RELAY_FAILED =
  'The two browsers found no way to each other, not even through the TURN relay. A firewall may block it, or it does not run: ' +
  'the server’s owner can find out with docs/hosting.md, “A TURN relay”.';
const RELAY_FULL =
  'The two browsers need the TURN relay, which has no address left for this browser: as many as its quota allows are in use. ' +
  'Close other linked pages of this network, or wait some minutes; it is tried again.';

/** The part of a link that is observed here. */
interface ObservedLink {
  events: { add(listener: (event: { kind: string; error?: MeshError | null }) => void): unknown };
  route(): Promise<IceRoute | null>;
}

/**
 * Reports how a link's attempts to connect end: the path of each that opened its connection, and the first of several failures in a row,
 * since the others tell nothing new. Losing a link that was open, or closing one on purpose, is not a failure to connect.
 */
export function reportConnectionOutcome(
  link: ObservedLink,
  clock: Clock,
  report: (outcome: LinkOutcome) => void,
): void {
  let wasOpen = false;
  let isReported = false;
  let cancelLookup: () => void = () => {};
  link.events.add((event) => {
    if (event.kind === 'open') {
      wasOpen = true;
      isReported = false;
      cancelLookup = clock.after(PATH_LOOKUP_DELAY_MS, () => {
        void link.route().then((route) => {
          if (!route) return;
          log.info('route', { ...route });
          report(route.path);
        });
      });
    } else if (event.kind === 'lost') {
      cancelLookup();
      if (!wasOpen && event.error && !isReported) {
        isReported = true;
        log.warn('failed', { reason: event.error.reason });
        report('failed');
      }
      wasOpen = false;
    }
  });
}
