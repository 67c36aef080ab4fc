import { MeshError } from '../../shared/errors.ts';
import { parseUrl } from '../../shared/older-browsers.ts';
import { TASK_LIMITS } from '../../shared/protocol-limits.ts';
import { type MachineSignals, SOMETIMES_UNSUPPORTED, whyUnsupported } from './serving/machine-signals.ts';
import { checkHours } from './serving/weekly-hours.ts';
import type { VolunteerLimits } from './types.ts';

/** Origins a volunteer's owner may allow models from: each is compared with every URL. */
export const MAX_MODEL_ORIGINS = 64;

/** Limits of a volunteer that sets none. */
export const DEFAULT_LIMITS: Readonly<VolunteerLimits> = {
  gpuShare: 1,
  maxGamers: 4,
  onlyWhenIdle: false,
  pauseOnBattery: false,
  pauseBelowBattery: 0,
  keepAwake: false,
  slowWhenHot: false,
  hours: [],
  dataMBPerDay: 0,
  acceptModelsFrom: [],
  acceptDialogue: true,
  lendBrowserModel: false,
};

/** The limits that are on or off. */
const SWITCHES = [
  'onlyWhenIdle',
  'pauseOnBattery',
  'keepAwake',
  'slowWhenHot',
  'acceptDialogue',
  'lendBrowserModel',
] as const;

/** Returns the limits. Throws MeshError `bad-input` if one is invalid. */
export function checkedLimits(limits: VolunteerLimits): VolunteerLimits {
  const { maxGamers, gpuShare, pauseBelowBattery, dataMBPerDay, acceptModelsFrom } = limits;
  if (!Number.isInteger(maxGamers) || maxGamers < 1 || maxGamers > TASK_LIMITS.maxGamersLimit) {
    throw MeshError.badInput(`The limit maxGamers must be a whole number from 1 to ${TASK_LIMITS.maxGamersLimit}.`);
  }
  if (!(gpuShare > 0 && gpuShare <= 1)) {
    throw MeshError.badInput('The limit gpuShare must be a number above 0, up to 1.');
  }
  for (const name of SWITCHES) {
    if (typeof limits[name] !== 'boolean') throw MeshError.badInput(`The limit ${name} must be true or false.`);
  }
  if (!(pauseBelowBattery >= 0 && pauseBelowBattery <= 1)) {
    throw MeshError.badInput('The limit pauseBelowBattery must be a number from 0 to 1.');
  }
  if (!(dataMBPerDay >= 0 && dataMBPerDay < Number.POSITIVE_INFINITY)) {
    throw MeshError.badInput('The limit dataMBPerDay must be a number of megabytes; 0 is no limit.');
  }
  checkHours(limits.hours);
  if (!Array.isArray(acceptModelsFrom) || acceptModelsFrom.length > MAX_MODEL_ORIGINS) {
    throw MeshError.badInput(`The limit acceptModelsFrom must be a list of at most ${MAX_MODEL_ORIGINS} origins.`);
  }
  for (const origin of acceptModelsFrom) {
    if (parseUrl(origin)?.origin !== origin) {
      throw MeshError.badInput(`'${origin}' in acceptModelsFrom is not an origin such as https://models.example.`);
    }
  }
  return limits;
}

/** Throws MeshError `unsupported-browser` for a limit that cannot be kept here: it would do nothing. */
export function requireSupported(limits: VolunteerLimits, signals: MachineSignals): void {
  for (const name of SOMETIMES_UNSUPPORTED) {
    const why = limits[name] ? whyUnsupported(name, signals) : null;
    if (why) throw new MeshError('unsupported-browser', `${why} Leave out the limit ${name}.`);
  }
}

/** The limits that the worker keeps. */
export type WorkerLimits = Pick<
  VolunteerLimits,
  'gpuShare' | 'slowWhenHot' | 'acceptModelsFrom' | 'acceptDialogue' | 'lendBrowserModel'
>;

export function workerLimits(limits: VolunteerLimits): WorkerLimits {
  const { gpuShare, slowWhenHot, acceptModelsFrom, acceptDialogue, lendBrowserModel } = limits;
  return { gpuShare, slowWhenHot, acceptModelsFrom, acceptDialogue, lendBrowserModel };
}
