import type { Flat } from './city-grid.ts';

const ROUNDS = 2;

/** A way in straight lines, with its corners cut twice (Chaikin, 1974): what flies along it turns rather than jerks. */
export function smoothWay(way: readonly Flat[]): Flat[] {
  let line = [...way];
  for (let round = 0; round < ROUNDS; round++) line = withCutCorners(line);
  return line;
}

function withCutCorners(way: readonly Flat[]): Flat[] {
  const cut = way.slice(1).flatMap((to, index) => {
    const from = way[index] ?? to;
    return [between(from, to, 0.25), between(from, to, 0.75)];
  });
  return [...way.slice(0, 1), ...cut, ...way.slice(-1)];
}

function between(from: Flat, to: Flat, share: number): Flat {
  return { x: from.x + (to.x - from.x) * share, z: from.z + (to.z - from.z) * share };
}
