import type { LinkOutcome } from '../../shared/status.ts';

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
