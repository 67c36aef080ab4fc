import { expect, test } from 'vitest';
import { DEFAULT_MAX_INTRODUCTIONS } from '../rooms/introductions.ts';
import { canServe, helperCount, taskSet } from './suitability.ts';
import { EventQueue, World } from './test-hour.ts';
import { ours, RoundRobin } from './test-matchmakers.ts';
import { PEOPLE } from './test-people.ts';
import { meanFlow } from './test-work.ts';

const CROWD = { volunteers: 120, gamers: 40 };
const MATCHMAKERS = { ours, 'round-robin': () => new RoundRobin() };
const IN_RUSH_S = PEOPLE.rushAtS + PEOPLE.rushWithinS;

function worldAt(atS: number, matchmaker: ConstructorParameters<typeof World>[2]): World {
  const world = new World(3, CROWD, matchmaker);
  world.events.runUntil(atS);
  return world;
}

test.each(Object.entries(MATCHMAKERS))('%s respects room, needs and the number of introductions', (_, matchmaker) => {
  const { players, machines } = worldAt(IN_RUSH_S, matchmaker);
  expect([players.size, machines.size]).toEqual([CROWD.gamers, CROWD.volunteers]);
  for (const { member } of players.values()) {
    expect(helperCount(member)).toBeLessThanOrEqual(DEFAULT_MAX_INTRODUCTIONS);
    for (const volunteer of member.peers.values()) {
      expect(machines.has(volunteer)).toBe(true);
      expect(volunteer.peers.get(member.id)).toBe(member);
      expect(canServe(taskSet(volunteer.status.tasks), taskSet(member.needs))).toBe(true);
    }
  }
  for (const { member } of machines.values()) expect(member.peers.size).toBeLessThanOrEqual(member.status.maxGamers);
});

test('the same people join, pause and leave under every matchmaker', () => {
  const people = Object.values(MATCHMAKERS).map((matchmaker) => {
    const { players, machines } = worldAt(IN_RUSH_S, matchmaker);
    return [
      [...players.values()].map(({ member: { id, rttMs, needs }, wantsPerS }) => [id, rttMs, needs, wantsPerS]),
      [...machines.values()].map(({ member, perS }) => [member.id, member.rttMs, member.status.accepting, perS]),
    ];
  });
  expect(people[1]).toEqual(people[0]);
});

test('when volunteers become scarce, more gamers are served, and more fairly, than by taking turns', () => {
  const [mine, inTurn] = Object.values(MATCHMAKERS).map((matchmaker) =>
    meanFlow(worldAt(PEOPLE.hourS, matchmaker).figures.rush),
  );
  expect(mine?.served).toBeGreaterThan(inTurn?.served ?? Number.NaN);
  expect(mine?.fairness).toBeGreaterThan(inTurn?.fairness ?? Number.NaN);
});

test('actions run once, by their second and then in the order of entering, and those that they add too', () => {
  const queue = new EventQueue();
  const happened: string[] = [];
  const every = (periodS: number, name: string) => {
    queue.after(periodS, () => {
      happened.push(`${name} ${queue.nowS}`);
      every(periodS, name);
    });
  };
  every(2, 'slow');
  every(1, 'fast');
  queue.at(1.5, () => queue.after(0, () => happened.push('at once')));
  queue.runUntil(3);
  expect(happened).toEqual(['fast 1', 'slow 2', 'fast 2', 'at once', 'fast 3']);
  queue.runUntil(4);
  expect(happened.slice(5)).toEqual(['slow 4', 'fast 4']);
});
