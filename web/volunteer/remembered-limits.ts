import { readStored, type TextStore, writeStored } from '../../shared/stored-json.ts';
import { isHandheld, whyUnsupported } from '../sdk/serving/machine-signals.ts';
import type { VolunteerLimits } from '../sdk/types.ts';
import { checkedLimits, DEFAULT_LIMITS } from '../sdk/volunteer-limits.ts';

const STORAGE_KEY = 'p2c2r.limits';

/**
 * Limits of a phone whose person has set none: it must last until it is charged, has no fan, and its browser stops a page that is not shown.
 */
const OF_HANDHELDS: Partial<VolunteerLimits> = { pauseBelowBattery: 0.3, keepAwake: true, slowWhenHot: true };

/** The limits that were set last in this browser. What is missing, invalid or cannot be kept here is as by default. */
export function rememberedLimits(store: TextStore | null): VolunteerLimits {
  return supported({ ...DEFAULT_LIMITS, ...(isHandheld() && OF_HANDHELDS), ...read(store) });
}

export function rememberLimits(store: TextStore | null, limits: VolunteerLimits): void {
  writeStored(store, STORAGE_KEY, limits);
}

/** Each limit by itself, so that one that is invalid costs no other. */
function read(store: TextStore | null): Partial<VolunteerLimits> {
  const entries = Object.entries(readStored(store, STORAGE_KEY) ?? {});
  return Object.fromEntries(entries.filter(([name, value]) => isValid(name, value)));
}

function isValid(name: string, value: unknown): boolean {
  if (!(name in DEFAULT_LIMITS)) return false;
  try {
    checkedLimits({ ...DEFAULT_LIMITS, [name]: value });
    return true;
  } catch {
    return false;
  }
}

/** A browser may lose an interface, for example when the page is opened without https. */
function supported(limits: VolunteerLimits): VolunteerLimits {
  const { pauseOnBattery, pauseBelowBattery, keepAwake } = DEFAULT_LIMITS;
  return {
    ...limits,
    ...(whyUnsupported('pauseOnBattery') && { pauseOnBattery, pauseBelowBattery }),
    ...(whyUnsupported('keepAwake') && { keepAwake }),
  };
}
