import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { helpersOf, isOfUse, taskSet } from '../../signaling-server/lobby/suitability.ts';
import { DEFAULT_MAX_INTRODUCTIONS } from '../../signaling-server/rooms/introductions.ts';
import { ours, RoundRobin } from './matchmakers.ts';
import { PEOPLE } from './people.ts';
import { EventQueue, World } from './world.ts';

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
    expect(helpersOf(member)).toBeLessThanOrEqual(DEFAULT_MAX_INTRODUCTIONS);
    for (const volunteer of member.peers.values()) {
      expect(machines.has(volunteer)).toBe(true);
      expect(volunteer.peers.get(member.id)).toBe(member);
      expect(isOfUse(taskSet(volunteer.status.tasks), taskSet(member.needs))).toBe(true);
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

test('everything runs once, by its time and then in the order of entering', () => {
  assert(
    property(array(integer({ min: 0, max: 50 }), { maxLength: 300 }), (times) => {
      const queue = new EventQueue();
      const happened: [number, number][] = [];
      for (const [nth, atS] of times.entries()) {
        queue.at(atS, () => {
          expect(queue.nowS).toBe(atS);
          happened.push([atS, nth]);
        });
      }
      queue.runUntil(50);
      const expected = [...times.entries()].map(([nth, atS]) => [atS, nth]).sort(byBoth);
      expect(happened).toEqual(expected);
    }),
  );
});

const byBoth = (a: number[], b: number[]) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);

test('actions added while it runs happen at their time, and later ones wait', () => {
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
  queue.runUntil(3.5);
  expect(happened).toEqual(['fast 1', 'slow 2', 'fast 2', 'fast 3']);
  expect(queue.nowS).toBe(3.5);
  queue.runUntil(4);
  expect(happened.slice(4)).toEqual(['slow 4', 'fast 4']);
});
