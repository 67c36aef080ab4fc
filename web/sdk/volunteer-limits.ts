import { MeshError } from '../../shared/errors.ts';
import { TASK_LIMITS } from '../../shared/protocol-limits.ts';
import type { VolunteerLimits } from './types.ts';

/** Origins a volunteer's owner may allow models from: each is compared with every URL. */
const MAX_MODEL_ORIGINS = 64;

/** Limits of a volunteer that sets none. */
export const DEFAULT_LIMITS: Readonly<VolunteerLimits> = {
  gpuShare: 1,
  maxGamers: 4,
  onlyWhenIdle: false,
  pauseOnBattery: false,
  keepAwake: false,
  acceptModelsFrom: [],
};

/** Returns the limits. Throws MeshError `bad-input` if one is invalid. */
export function checkedLimits(limits: VolunteerLimits): VolunteerLimits {
  const { maxGamers, gpuShare, acceptModelsFrom } = limits;
  if (!Number.isInteger(maxGamers) || maxGamers < 1 || maxGamers > TASK_LIMITS.maxGamersLimit) {
    throw MeshError.badInput(`The limit maxGamers must be a whole number from 1 to ${TASK_LIMITS.maxGamersLimit}.`);
  }
  if (!(gpuShare > 0 && gpuShare <= 1)) {
    throw MeshError.badInput('The limit gpuShare must be a number above 0, up to 1.');
  }
  if (!Array.isArray(acceptModelsFrom) || acceptModelsFrom.length > MAX_MODEL_ORIGINS) {
    throw MeshError.badInput(`The limit acceptModelsFrom must be a list of at most ${MAX_MODEL_ORIGINS} origins.`);
  }
  for (const origin of acceptModelsFrom) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw MeshError.badInput(`'${origin}' in acceptModelsFrom is not an origin such as https://models.example.`);
    }
  }
  return limits;
}
