/** Measuring and summarising, for the program, its child processes and its pages alike. */

/** The smallest value that `share` (0..1) of the values do not exceed (nearest rank); NaN of none. */
export function percentile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
}

export const median = (values: Iterable<number>) => percentile(values, 0.5);

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** How long each of `count` calls takes, one after another, ms. */
export async function durationsMs(count: number, work: () => unknown): Promise<number[]> {
  const tookMs: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const startedMs = performance.now();
    await work();
    tookMs.push(performance.now() - startedMs);
  }
  return tookMs;
}

export interface Load {
  /** Calls outstanding at any time. */
  window: number;
  durationMs: number;
}

/** Calls completed in a second while `window` of them are outstanding: each that ends starts the next. */
export async function ratePerS({ window, durationMs }: Load, work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  let done = 0;
  const lane = async () => {
    while (performance.now() - startedMs < durationMs) {
      await work();
      done++;
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  return (1_000 * done) / (performance.now() - startedMs);
}

/**
 * Runs short measurements in turn, A B C A B C ..., so that a busy moment of the machine affects all of them. The first round warms
 * up and does not count.
 */
export async function inTurn<Name extends string, Sample>(
  measurements: Record<Name, () => Promise<Sample>>,
  rounds: number,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(measurements) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (const name of names) await measurements[name]();
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples[name].push(await measurements[name]());
  }
  return samples;
}

/** The median of each measurement's rounds; see {@link inTurn}. */
export async function mediansInTurn<Name extends string>(
  measurements: Record<Name, () => Promise<number>>,
  rounds: number,
): Promise<Record<Name, number>> {
  return mapValues(await inTurn(measurements, rounds), median);
}

export function mapValues<Name extends string, From, To>(record: Record<Name, From>, map: (value: From) => To) {
  const entries = Object.entries(record) as [Name, From][];
  return Object.fromEntries(entries.map(([name, value]) => [name, map(value)])) as Record<Name, To>;
}
