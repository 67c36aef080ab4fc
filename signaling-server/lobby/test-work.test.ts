import { expect, test } from 'vitest';
import { LOBBY, newRoom } from '../access/room-address.ts';
import { Member } from '../rooms/member.ts';
import type { Machine, Player } from './test-people.ts';
import { correctPerS, dispatch, flowOf, jainIndex, meanFlow, spreadOf } from './test-work.ts';

let count = 0;

const machine = (perS: number, { reliability = 1, accepting = true } = {}): Machine => {
  const member = new Member(`v${count++}`, 'volunteer', '', LOBBY);
  member.status = { load: 0, accepting, tasks: [], maxGamers: 4 };
  return { member, perS, reliability };
};

function player(wantsPerS: number, helpers: readonly Machine[]): Player {
  const member = new Member(`g${count++}`, 'gamer', '', newRoom(true));
  for (const { member: volunteer } of helpers) {
    member.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(member.id, member);
  }
  return { member, wantsPerS };
}

function flowing(machines: readonly Machine[], players: readonly Player[]) {
  const byMember = <One extends { member: Member }>(all: readonly One[]) =>
    new Map(all.map((one) => [one.member, one]));
  const { flow, loads, helps } = dispatch(byMember(machines), byMember(players));
  const gotPerS = ({ member }: Player) =>
    (helps.get(member) ?? []).reduce((sum, { machine, time }) => sum + correctPerS(machine) * time, 0);
  return { flow, gotPerS, loadOf: ({ member }: Machine) => loads.get(member) ?? 0 };
}

test('a gamer spreads its work so that its helpers are equally busy', () => {
  const [fast, slow] = [machine(50), machine(10)];
  const only = player(30, [fast, slow]);
  const { gotPerS, loadOf, flow } = flowing([fast, slow], [only]);
  expect(gotPerS(only)).toBeCloseTo(30);
  expect([loadOf(fast), loadOf(slow)]).toEqual([expect.closeTo(0.5), expect.closeTo(0.5)]);
  expect(flow).toMatchObject({ served: 1, loadSpread: expect.closeTo(0) });
});

test('a volunteer gives equal shares, and what one gamer does not use to those that want more', () => {
  const shared = machine(30);
  const [modest, greedy, greedier] = [player(4, [shared]), player(20, [shared]), player(90, [shared])];
  const { gotPerS, loadOf } = flowing([shared], [modest, greedy, greedier]);
  expect([modest, greedy, greedier].map(gotPerS)).toEqual([4, 13, 13].map((perS) => expect.closeTo(perS, 1)));
  expect(loadOf(shared)).toBeCloseTo(1);
});

test('failed tasks are done again, and a paused or missing volunteer helps nobody', () => {
  const [failing, paused] = [machine(20, { reliability: 0.5 }), machine(50, { accepting: false })];
  const [helped, alone] = [player(10, [failing, paused]), player(10, [])];
  const { gotPerS, loadOf, flow } = flowing([failing, paused], [helped, alone]);
  expect(gotPerS(helped)).toBeCloseTo(10);
  expect([loadOf(failing), loadOf(paused), gotPerS(alone)]).toEqual([expect.closeTo(1), 0, 0]);
  expect(flow).toMatchObject({ served: 0.5, fairness: expect.closeTo(0.5), full: 1 });
});

test('Jain’s index is 1 where all have the same, and 1/n where one has all', () => {
  expect(jainIndex([0.3, 0.3, 0.3])).toBeCloseTo(1);
  expect(jainIndex([0, 0, 0, 5])).toBeCloseTo(1 / 4);
  expect(jainIndex([1, 2, 3])).toBeCloseTo(36 / 42);
  expect(jainIndex([0, 0])).toBe(1);
});

test('the spread is deviation over mean, whatever the unit', () => {
  expect(spreadOf([0.4, 0.4])).toBe(0);
  expect(spreadOf([1, 3])).toBeCloseTo(0.5);
  expect(spreadOf([100, 300])).toBeCloseTo(0.5);
  expect(spreadOf([0, 0])).toBe(0);
});

test('a flow counts the served and the full, and the mean of flows is that of each figure', () => {
  const flow = flowOf([1, 0.96, 0.5, 0], [1, 0.5]);
  expect(flow).toMatchObject({ served: 0.5, full: 0.5 });
  expect(meanFlow([flow, { ...flow, served: 1 }])).toEqual({ ...flow, served: 0.75 });
});
