import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { STREAM } from '../tuning.ts';
import { type CodecCost, movingFrames, type TrialConfigs, tryCodec } from './codec-trial.ts';

/** What codecs are tried at: small frames, since it is their order that is asked for, and in time. */
export const TRIAL_SIZE = { width: 320, height: 180 };

/** Figures of one codec differ by a tenth from trial to trial, and a browser's clock may not tell 0.1 ms: no order hangs on less. */
const CLEARLY_CHEAPER = 0.85;

export interface CodecTrial<Name> extends TrialConfigs {
  name: Name;
}

/**
 * What a frame costs in each codec, measured one after the other within {@link STREAM.codecProbeMs}. Each has an even share of what
 * is left, so that one that hangs takes no other's place.
 */
export async function measureCosts<Name>(
  trials: readonly CodecTrial<Name>[],
  now: () => number,
): Promise<Map<Name, CodecCost>> {
  const costs = new Map<Name, CodecCost>();
  const endMs = now() + STREAM.codecProbeMs;
  const { width, height } = TRIAL_SIZE;
  const frames = movingFrames(STREAM.codecProbeFrames, width, height, STREAM_LIMITS.defaultFps);
  try {
    for (const [index, trial] of trials.entries()) {
      const shareMs = (endMs - now()) / (trials.length - index);
      costs.set(trial.name, shareMs > 0 ? await tryCodec(trial, frames, now, shareMs) : 'unmeasured');
    }
  } finally {
    for (const frame of frames) frame.close();
  }
  return costs;
}

/**
 * The names given, in their order but for those measured to be clearly cheaper, who pass those before them. What was not measured
 * comes after all that was; what failed is left out.
 */
export function rankByCost<Name>(names: readonly Name[], costs: ReadonlyMap<Name, CodecCost>): Name[] {
  const ranked: { name: Name; costMs: number }[] = [];
  for (const name of names) {
    const cost = costs.get(name);
    if (cost === 'failed') continue;
    const costMs = typeof cost === 'number' ? cost : Number.POSITIVE_INFINITY;
    let place = ranked.length;
    while (place > 0 && costMs < CLEARLY_CHEAPER * (ranked[place - 1]?.costMs ?? 0)) place--;
    ranked.splice(place, 0, { name, costMs });
  }
  return ranked.map(({ name }) => name);
}
