import type { OffloadedTask } from './offloaded-task.ts';
import type { DroneSwarm } from './simulation/drone-swarm.ts';

/** Has the drones' ways through the city found, all that wait for one in one task. */
export class OffloadedPathfinding {
  readonly #swarm: DroneSwarm;
  readonly #errand: OffloadedTask<'drones'>;

  constructor(swarm: DroneSwarm, errand: OffloadedTask<'drones'>) {
    this.#swarm = swarm;
    this.#errand = errand;
  }

  run(): void {
    const { grid, trips } = this.#swarm;
    if (trips.length === 0 || !this.#errand.isFree) return;
    const queries = trips.map(({ start, goal }) => ({ start, goal }));
    const input = {
      grid: { width: grid.side, height: grid.side, cost: grid.cost },
      neighbours: 8 as const,
      queries,
    };
    this.#errand.ask(input, ({ paths }) => {
      for (const [at, trip] of trips.entries()) this.#swarm.follow(trip, paths[at]?.points ?? null);
    });
  }
}
