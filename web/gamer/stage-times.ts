import type { Timing, Where } from '../sdk/types.ts';
import type { StageTime } from '../ui/stage-bar.tsx';
import type { StreamStats } from './client.ts';

const ON_THE_WAY = ['uplink', 'downlink'];
const ON_THE_VOLUNTEER = ['queue', 'volunteer decode', 'compute', 'volunteer encode'];

/** The stages of a frame that took any time, and where each was spent. */
export function streamStages({ stagesMs, running }: Pick<StreamStats, 'stagesMs' | 'running'>): StageTime[] {
  return stagesMs
    .filter(({ p50 }) => p50 > 0)
    .map(({ name, p50 }) => ({ name, ms: p50, place: placeOf(name, running) }));
}

/** The parts of a task's time. */
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
