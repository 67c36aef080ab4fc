import { expect, test } from 'vitest';
import { World } from './test-hour.ts';
import { ours, RoundRobin } from './test-matchmakers.ts';
import { PEOPLE } from './test-people.ts';
import { meanFlow } from './test-work.ts';

/** A tenth of the people of docs/scaling.md, whose hour takes minutes. */
const CROWD = { volunteers: PEOPLE.crowd.volunteers / 10, gamers: PEOPLE.crowd.gamers / 10 };

/** The mean flow of both halves of the hour. The same in each run. */
async function hourUnder(matchmaker: ConstructorParameters<typeof World>[2]) {
  const world = new World(7, CROWD, matchmaker);
  for (let atS = 0; atS < PEOPLE.hourS; ) {
    atS += 60;
    world.events.runUntil(atS);
    // The test runner must be answered now and then.
    await new Promise(setImmediate);
  }
  const { calm, rush } = world.figures;
  return { calm: meanFlow(calm), rush: meanFlow(rush) };
}

test('in an hour of thousands of people nearly all gamers are served, and more, more fairly and by a more even load than by taking turns', async () => {
  const [mine, inTurn] = [await hourUnder(ours), await hourUnder(() => new RoundRobin())];
  expect(mine.calm.served).toBeGreaterThan(0.999);
  expect(mine.calm.loadSpread).toBeLessThan(0.95 * inTurn.calm.loadSpread);
  expect(mine.rush.served).toBeGreaterThan(inTurn.rush.served + 0.05);
  expect(mine.rush.fairness).toBeGreaterThan(inTurn.rush.fairness + 0.05);
  expect(mine.rush.loadSpread).toBeLessThan(0.95 * inTurn.rush.loadSpread);
});
