import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { LinkOutcome } from '../../shared/server-status.ts';
import type { Link } from './link.ts';
import { LINK } from './tuning.ts';

/** `relay`: through a TURN server, whichever side uses one. */
export type IcePath = Exclude<LinkOutcome, 'failed'>;

/** What is read of a browser's statistics (W3C, webrtc-stats); each browser leaves out some of it. */
interface IceStatistics {
  id: string;
  type: string;
  selectedCandidatePairId?: string;
  /** Firefox's own word for the pair in use. */
  selected?: boolean;
  nominated?: boolean;
  state?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
  candidateType?: string;
}

/** The way of the pair of candidates in use; null when there is none yet. */
export function icePathOf(report: Pick<RTCStatsReport, 'forEach'>): IcePath | null {
  const entries = new Map<string, IceStatistics>();
  report.forEach((entry: IceStatistics) => {
    entries.set(entry.id, entry);
  });
  const pair = pairInUse(entries);
  if (!pair) return null;
  const ends = [pair.localCandidateId, pair.remoteCandidateId].map((id) => entries.get(id ?? ''));
  return ends.some((candidate) => candidate?.candidateType === 'relay') ? 'relay' : 'direct';
}

function pairInUse(entries: ReadonlyMap<string, IceStatistics>): IceStatistics | undefined {
  const all = [...entries.values()];
  const named = all.find(({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId);
  if (named) return entries.get(named.selectedCandidatePairId ?? '');
  return all.find(
    ({ type, selected, nominated, state }) =>
      type === 'candidate-pair' && (selected || (nominated && state === 'succeeded')),
  );
}

/**
 * What two people are told whose browsers found no way to each other. Without a relay it is most often that which they lack, and
 * only the server's owner can set one up.
 * @param cause what the connection said
 */
export function noRoute(cause: MeshError, hasRelay: boolean): MeshError {
  const message = hasRelay
    ? 'The two browsers found no way to each other, not even through the TURN relay. A firewall may block it, or it does not run: ' +
      'the server’s owner can find out with docs/hosting.md, “A TURN relay”.'
    : 'The two browsers found no way to each other: their networks allow no direct connection, and this server has no TURN relay. ' +
      'Ask its owner to set TURN_URLS and TURN_SECRET, as docs/hosting.md says under “A TURN relay”.';
  return new MeshError('connection-failed', message, { cause });
}

/**
 * Tells how each attempt of a link to connect ended: which way it goes, some time after it opened, or that it failed. A link that
 * was open and is lost has not failed to connect, and one that somebody closed has not either.
 */
export function reportLink(
  link: Pick<Link, 'events' | 'path'>,
  clock: Clock,
  tell: (outcome: LinkOutcome) => void,
): void {
  let wasOpen = false;
  let cancelLookup: () => void = () => {};
  link.events.add((event) => {
    if (event.kind === 'open') {
      wasOpen = true;
      cancelLookup = clock.after(LINK.pathLookupMs, () => {
        void link.path().then((path) => path && tell(path));
      });
    } else if (event.kind === 'lost') {
      cancelLookup();
      if (!wasOpen && event.error) tell('failed');
      wasOpen = false;
    }
  });
}
