import { groupedByGoal, type Query } from './queries.ts';

/**
 * Deals queries into at most so many piles of about equal work; those with one goal stay together, since each pile would need the
 * whole field. Piles hold places in the list.
 */
export function dealQueries(
  queries: readonly Query[],
  parts: number,
  workOf: (group: readonly number[]) => number,
): number[][] {
  const groups = groupedByGoal(queries).map((group) => ({ group, work: workOf(group) }));
  const piles = Array.from({ length: Math.min(parts, groups.length) }, () => ({ places: [] as number[], work: 0 }));
  // The largest first, each onto the smallest pile: no more than a third above the best.
  for (const { group, work } of groups.sort((a, b) => b.work - a.work)) {
    const pile = piles.reduce((least, other) => (other.work < least.work ? other : least));
    pile.places.push(...group);
    pile.work += work;
  }
  return piles.map(({ places }) => places.sort((a, b) => a - b));
}
