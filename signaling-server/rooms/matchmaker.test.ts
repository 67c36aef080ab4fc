import { expect, test } from 'vitest';
import type { VolunteerStatus } from '../../shared/signaling.ts';
import { type GamerFacts, scoreFor, type VolunteerFacts } from '../lobby/suitability.ts';
import { match } from './matchmaker.ts';

type Peers = Map<string, { historyId: string; isOfLobby: boolean; status: VolunteerStatus }>;
const status = (changes: Partial<VolunteerStatus> = {}) => ({
  load: 0,
  accepting: true,
  tasks: [],
  maxGamers: 4,
  ...changes,
});
const gamer = (id: string, facts: Partial<GamerFacts> = {}): GamerFacts => ({
  id,
  rttMs: 20,
  peers: new Map(),
  partners: new Map(),
  accused: new Map(),
  ...facts,
});
const volunteer = (id: string, changes: Partial<VolunteerStatus> = {}, facts: Partial<VolunteerFacts> = {}) => ({
  id,
  historyId: id,
  rttMs: 20,
  peers: new Map(),
  reputation: { completed: 0, failed: 0 },
  status: status(changes),
  ...facts,
});
const names = (matches: ReturnType<typeof match<GamerFacts, VolunteerFacts>>) =>
  matches.map((one) => `${one.gamer.id}-${one.volunteer.id}`);
const helpers = (count: number, changes: Partial<VolunteerStatus> = {}): Peers =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      `helper ${index}`,
      { historyId: `helper ${index}`, isOfLobby: false, status: status(changes) },
    ]),
  );

test('the best volunteers are introduced, best first', () => {
  const proven = { reputation: { completed: 50, failed: 0 } };
  const failing = { reputation: { completed: 0, failed: 50 } };
  const volunteers = [
    volunteer('failing', {}, failing),
    volunteer('busy', { load: 0.5 }),
    volunteer('newcomer'),
    volunteer('known'),
    volunteer('near', {}, { rttMs: 0 }),
    volunteer('proven', {}, proven),
  ];
  const known = gamer('g', { rttMs: 0, partners: new Map([['known', 20]]) });
  expect(names(match([known], volunteers, 6))).toEqual([
    'g-proven',
    'g-near',
    'g-known',
    'g-newcomer',
    'g-busy',
    'g-failing',
  ]);
  expect(names(match([known], volunteers, 2))).toEqual(['g-proven', 'g-near']);
});

test('the score is 0.4 history + 0.3 (1 - load) + 0.2 / (1 + latency) + 0.1 affinity', () => {
  const helper = volunteer('v', { load: 0.5 }, { reputation: { completed: 8, failed: 0 } });
  expect(scoreFor(gamer('g', { rttMs: 4 }), { ...helper, rttMs: 5 })).toBeCloseTo(0.4 * 0.9 + 0.15 + 0.2 / 10, 12);
  const partners = new Map([['v', 1]]);
  expect(scoreFor(gamer('g', { partners }), helper)).toBeCloseTo(0.4 * 0.9 + 0.15 + 0.2 / 2 + 0.1, 12);
});

test('volunteers that accept no work, or have all the gamers they want, are not introduced', () => {
  const volunteers = [
    volunteer('paused', { accepting: false }),
    volunteer('taken', { maxGamers: 2 }, { peers: helpers(2) }),
    volunteer('free'),
  ];
  expect(names(match([gamer('g')], volunteers, 8))).toEqual(['g-free']);
});

test('scarce volunteers are shared: the gamer with the fewest helpers comes first', () => {
  const gamers = [gamer('well served', { peers: helpers(3) }), gamer('alone'), gamer('alone too')];
  const volunteers = ['a', 'b', 'c'].map((id) => volunteer(id, { maxGamers: 1 }));
  const matched = names(match(gamers, volunteers, 8));
  expect(matched).toHaveLength(3);
  expect(matched.filter((pair) => pair.startsWith('well served'))).toEqual([]);
  expect(new Set(matched.map((pair) => pair.split('-')[0]))).toEqual(new Set(['alone', 'alone too']));
});

test('no pair is introduced twice', () => {
  const peers: Peers = new Map([['v', { historyId: 'v', isOfLobby: false, status: status() }]]);
  expect(match([gamer('g', { peers })], [volunteer('v')], 8)).toEqual([]);
});

test('paused helpers make room for others, up to twice the limit', () => {
  const fresh = Array.from({ length: 10 }, (_, index) => volunteer(`fresh ${index}`));
  const found = (peers: Peers) => match([gamer('g', { peers })], fresh, 4).length;
  expect(found(helpers(4))).toBe(0);
  expect(found(helpers(4, { accepting: false }))).toBe(4);
  expect(found(helpers(7, { accepting: false }))).toBe(1);
});

test('a volunteer accused by gamers of the room is the last choice of the others, and not offered to its accusers', () => {
  const proven = { reputation: { completed: 50, failed: 0 } };
  const volunteers = [
    volunteer('often reported', {}, proven),
    volunteer('reported', {}, proven),
    volunteer('failing', { load: 1 }, { reputation: { completed: 0, failed: 50 } }),
  ];
  const accused = new Map([
    ['reported', new Set(['one'])],
    ['often reported', new Set(['one', 'two'])],
  ]);
  expect(names(match([gamer('g', { accused })], volunteers, 8))).toEqual([
    'g-failing',
    'g-reported',
    'g-often reported',
  ]);
  expect(names(match([gamer('two', { accused })], volunteers, 8))).toEqual(['two-failing', 'two-reported']);
});

test('history belongs to the identity, not to the session', () => {
  const known = gamer('g', { partners: new Map([['identity', 1]]) });
  const returned = volunteer('new session', {}, { historyId: 'identity' });
  expect(names(match([known], [volunteer('newcomer', {}, { rttMs: 0 }), returned], 1))).toEqual(['g-new session']);
});

test('a helper that its gamer accused takes no place', () => {
  const peers = helpers(4);
  const accused = new Map([['helper 0', new Set(['g'])]]);
  expect(names(match([gamer('g', { peers, accused })], [volunteer('fresh')], 4))).toEqual(['g-fresh']);
});
