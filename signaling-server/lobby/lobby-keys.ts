import { TASK_NAMES } from '../../shared/tasks/definition.ts';
import { COORDINATOR } from '../tuning.ts';

/**
 * The region of a volunteer: how far it is from this server, as the least round trip of its region, ms. Measured, so that nobody
 * can claim a place; in bands, since a heartbeat differs from the next by more, and few, since each choice looks into every one.
 */
export function regionRttMs(rttMs: number): number {
  if (!(rttMs >= 1)) return 0;
  const perOctave = COORDINATOR.regionsPerOctave;
  const octaves = Math.log2(Math.min(rttMs, COORDINATOR.farthestRegionMs));
  return 2 ** (Math.floor(perOctave * octaves) / perOctave);
}

/** A bit for each task type there is; what a page says beyond those is nothing. */
export type TaskSet = number;

const ORDINAL = new Map<string, number>(TASK_NAMES.map((name, index) => [name, index]));

export function taskSet(names: readonly string[]): TaskSet {
  let set = 0;
  for (const name of names) {
    const ordinal = ORDINAL.get(name);
    if (ordinal !== undefined) set |= 1 << ordinal;
  }
  return set;
}

/** Is who can do these of use to one that needs those? One that names nothing takes anybody. */
export function isOfUse(can: TaskSet, needs: TaskSet): boolean {
  return needs === 0 || (can & needs) !== 0;
}
