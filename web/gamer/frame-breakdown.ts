import type { Timing, Where } from '../sdk/types.ts';
import type { Share, StageTime } from '../ui/proportion-bars.tsx';
import type { StreamStats } from './client.ts';
import { nameOf } from './messages.ts';

const ON_THE_WAY = ['uplink', 'downlink'];
const ON_THE_VOLUNTEER = ['queue', 'volunteer decode', 'compute', 'volunteer encode'];

/** The stages of a frame that took time, and where each ran. */
export function streamStages({ stagesMs, running }: Pick<StreamStats, 'stagesMs' | 'running'>): StageTime[] {
  return stagesMs
    .filter(({ p50 }) => p50 > 0)
    .map(({ name, p50 }) => ({ name, ms: p50, place: placeOf(name, running) }));
}

/** The stages of a task that took time. */
export function taskStages({ queueMs, sendMs, computeMs, receiveMs, ranOn }: Timing): StageTime[] {
  const isHere = ranOn === 'local' || ranOn === 'cache';
  const stages: StageTime[] = [
    { name: 'queue', ms: queueMs, place: 'here' },
    { name: 'send', ms: sendMs, place: 'way' },
    { name: 'compute', ms: computeMs, place: isHere ? 'here' : 'there' },
    { name: 'receive', ms: receiveMs, place: 'way' },
  ];
  return stages.filter(({ ms }) => ms > 0);
}

function placeOf(stage: string, running: Where): StageTime['place'] {
  if (running === 'local') return 'here';
  if (ON_THE_WAY.includes(stage)) return 'way';
  return ON_THE_VOLUNTEER.includes(stage) ? 'there' : 'here';
}

/** Smaller shares are rounding errors. */
const LEAST_RATIO = 0.005;

/** Who sharpened the recent frames. What no volunteer did, this machine did. Empty while there are no frames. */
export function frameShares(
  { shares, fps }: Pick<StreamStats, 'shares' | 'fps'>,
  volunteers: readonly { id: string; name: string }[],
): Share[] {
  if (fps === 0) return [];
  const there = shares
    .filter(({ share }) => share >= LEAST_RATIO)
    .map(({ volunteerId, share }): Share => {
      return { id: volunteerId, name: nameOf(volunteerId, volunteers), ratio: share, place: 'there' };
    });
  const hereRatio = 1 - shares.reduce((sum, { share }) => sum + share, 0);
  if (hereRatio < LEAST_RATIO) return there;
  return [...there, { id: 'here', name: 'this computer', ratio: hereRatio, place: 'here' }];
}
