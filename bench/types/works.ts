import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { randomGrid, randomQueries } from '../../shared/tasks/pathfinding/test-grids.ts';
import type { PathfindingInput } from '../../shared/tasks/pathfinding.ts';
import { swarm } from '../../shared/tasks/physics/test-bodies.ts';
import type { PhysicsInput } from '../../shared/tasks/physics.ts';
import { busyScene } from '../../shared/tasks/raytracing/test-scenes.ts';
import { seededRandom } from '../../shared/tasks/test-random.ts';

const SIDE = 128;

/** The tasks that are measured: some tens of milliseconds on a processor, seconds on a software GPU. */
export function works() {
  const gravity: PhysicsInput['gravity'] = [0, -9.81, 0];
  const kinds: [what: string, type: string, input: unknown][] = [
    ['raytracing, 160x120 at 4 samples', 'raytracing', busyScene({ width: 160, height: 120 })],
    [`pathfinding, 64 agents to one goal on ${SIDE}x${SIDE}`, 'pathfinding', gathering(SIDE, 64, 1)],
    [`pathfinding, 8 to a goal each on ${SIDE}x${SIDE}`, 'pathfinding', gathering(SIDE, 8, 8)],
    ['physics, 500 bodies, 40 steps', 'physics', { bodies: swarm(500, 8, 1), gravity, timestepS: 0.01, steps: 40 }],
  ];
  return kinds.map(([what, type, input]) => {
    const definition = definitionOf(type);
    const task = definition.pack(input);
    return { what, type, task, cost: definition.cost(task.params) };
  });
}

/** Agents from everywhere that share a number of goals. */
export function gathering(side: number, agents: number, goals: number): PathfindingInput {
  const random = seededRandom(agents + goals);
  const grid = randomGrid(side, side, random, 0.2);
  const queries = randomQueries(grid, agents, random);
  return {
    ...{ grid, neighbours: 8 },
    queries: queries.map(({ start, goal }, i) => ({ start, goal: queries[i % goals]?.goal ?? goal })),
  };
}
