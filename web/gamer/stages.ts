import type { Timing } from '../sdk/types.ts';
import type { StageTime } from '../ui/figures.tsx';
import type { StreamStats } from './client.ts';

// Of a frame that goes to a volunteer. In its other stages it is on this machine.
const ON_THE_WAY: readonly string[] = ['uplink', 'downlink'];
const AT_THE_VOLUNTEER: readonly string[] = ['queue', 'volunteer decode', 'compute', 'volunteer encode'];

/** The stages of a frame that took time, and where each ran. */
export function streamStages({ stagesMs, shares }: Pick<StreamStats, 'stagesMs' | 'shares'>): StageTime[] {
  // The times are medians: those of the frames of whoever has most of them.
  const isHelped = shares.reduce((sum, { share }) => sum + share, 0) > 0.5;
  return stagesMs
    .filter(({ p50 }) => p50 > 0)
    .map(({ name, p50 }) => ({ name, ms: p50, place: isHelped ? placeOf(name) : 'here' }));
}

/** Typical time that a frame that goes to a volunteer spends in one place, ms. */
export function timeAt(place: StageTime['place'], { stagesMs }: Pick<StreamStats, 'stagesMs'>): number {
  return stagesMs.filter(({ name }) => placeOf(name) === place).reduce((sum, { p50 }) => sum + p50, 0);
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

/** Where a frame is in this stage that went to a volunteer. */
function placeOf(stage: string): StageTime['place'] {
  if (ON_THE_WAY.includes(stage)) return 'way';
  return AT_THE_VOLUNTEER.includes(stage) ? 'there' : 'here';
}
