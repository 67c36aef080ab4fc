import type { VolunteerInfo } from './types.ts';

/** For tests: the description of a volunteer that is linked and idle. */
export function volunteer(changes: Partial<VolunteerInfo> = {}): VolunteerInfo {
  return {
    id: 'v1',
    name: 'brave-otter',
    backend: 'wgsl',
    rttMs: 3,
    load: 0,
    score: 1,
    tasks: ['upscale'],
    completed: 0,
    failed: 0,
    barred: false,
    ...changes,
  };
}
