import { MeshError } from '../../../shared/errors.ts';

/** What a sound call on a device that is gone comes to. */
export function deviceLost(cause: unknown): MeshError {
  return new MeshError('device-lost', 'The GPU went away while it computed. The work is given to another.', { cause });
}
