import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
} from 'fast-check';
import { expect, test } from 'vitest';
import { Lobby } from './lobby.ts';
import { helperCount } from './suitability.ts';
import { type Change, LobbyWorld } from './test-lobby-world.ts';
import { actions, ReferenceLobby } from './test-reference-lobby.ts';
import { regionRttMs } from './volunteer-index.ts';

/** After any sequence of events the indexed lobby must make the same pairs as its rule. */

const MAX_INTRODUCTIONS = 4;

/** Few distinct values, because an index goes wrong first in the order of ties. */
const rttMs = constantFrom(0, 5, 5.5, 30, 33, 200);
const load = constantFrom(0, 0.25, 0.5, 1);
const tasks = constantFrom(['echo'], ['upscale', 'echo'], ['infer'], ['upscale', 'infer', 'echo'], []);
const needs = constantFrom([], [], ['upscale' as const], ['infer' as const, 'echo' as const]);
const maxGamers = integer({ min: 1, max: 3 });
const done = constantFrom({ completed: 0, failed: 0 }, { completed: 9, failed: 0 }, { completed: 3, failed: 3 });
const who = nat({ max: 40 });
const helper = who;

const coming: Arbitrary<Change> = oneof(
  record({ kind: constant('gamer comes' as const), rttMs, needs }),
  record({ kind: constant('volunteer comes' as const), rttMs, load, tasks, maxGamers, done, isKnown: boolean() }),
);
const leaving: Arbitrary<Change> = record({
  kind: constantFrom('gamer leaves' as const, 'volunteer leaves' as const, 'gamer loses its socket' as const),
  who,
});
const changing: Arbitrary<Change> = oneof(
  record({
    kind: constantFrom('volunteer pauses' as const, 'volunteer accepts' as const, 'own helper comes' as const),
    who,
  }),
  record({ kind: constant('volunteer is rated' as const), who, load, done }),
  record({ kind: constant('work is done' as const), who, helper, rttMs }),
  record({ kind: constant('volunteer is accused' as const), who, helper, byOther: boolean() }),
);
const changes = array(
  oneof({ weight: 3, arbitrary: coming }, { weight: 1, arbitrary: leaving }, { weight: 2, arbitrary: changing }),
  {
    minLength: 20,
    maxLength: 120,
  },
);

test('after every change the lobby has made the same pairs as the reference implementation', () => {
  assert(
    property(changes, (all) => {
      const indexed = new LobbyWorld(new Lobby(MAX_INTRODUCTIONS, actions));
      const reference = new LobbyWorld(new ReferenceLobby(MAX_INTRODUCTIONS));
      for (const change of all) {
        indexed.apply(change);
        reference.apply(change);
        expect(indexed.pairs).toEqual(reference.pairs);
      }
    }),
    { numRuns: 150 },
  );
});

test('shares are even: no gamer has two helpers more than another that could use one of them', () => {
  const world = new LobbyWorld(new Lobby(MAX_INTRODUCTIONS, actions));
  const volunteer = { load: 0, tasks: ['echo'], maxGamers: 2, done: { completed: 0, failed: 0 }, isKnown: false };
  for (let nth = 0; nth < 20; nth++) world.apply({ kind: 'volunteer comes', rttMs: nth, ...volunteer });
  for (let nth = 0; nth < 15; nth++) world.apply({ kind: 'gamer comes', rttMs: nth, needs: [] });
  for (let nth = 0; nth < 4; nth++) world.apply({ kind: 'gamer leaves', who: 3 * nth });
  for (let nth = 0; nth < 4; nth++) world.apply({ kind: 'volunteer leaves', who: 4 * nth });
  const helpers = world.gamers.map((gamer) => helperCount(gamer));
  expect(Math.max(...helpers) - Math.min(...helpers)).toBeLessThan(2);
  expect(helpers.reduce((sum, count) => sum + count)).toBe(2 * 16);
});

test('regions are few, and the members of one are about equally far away', () => {
  const all = Array.from({ length: 20_000 }, (_, tenth) => tenth / 10);
  const regions = new Set(all.map(regionRttMs));
  expect(regions.size).toBeLessThan(32);
  for (const ms of all) {
    expect(regionRttMs(ms)).toBeLessThanOrEqual(ms);
    if (ms >= 1) expect(ms / regionRttMs(ms)).toBeLessThan(1.5);
  }
  expect([Number.NaN, -1, 1e9].map(regionRttMs)).toEqual([0, 0, regionRttMs(2_000)]);
});
