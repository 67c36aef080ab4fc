import { expect, test } from 'vitest';
import { LOBBY, newRoom } from '../../signaling-server/access/room-address.ts';
import { Member } from '../../signaling-server/rooms/member.ts';
import type { Machine, Player } from './people.ts';
import { Work } from './work.ts';

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
  const work = new Work();
  const byMember = <One extends { member: Member }>(all: readonly One[]) =>
    new Map(all.map((one) => [one.member, one]));
  const flow = work.flow(byMember(machines), byMember(players));
  const gotPerS = (of: Player) =>
    work
      .helpsOf(of.member)
      .reduce((sum, { machine: { perS, reliability }, time }) => sum + perS * reliability * time, 0);
  return { flow, gotPerS, loadOf: ({ member }: Machine) => work.loadOf(member) };
}

test('a gamer spreads its work so that its helpers are equally busy', () => {
  const [fast, slow] = [machine(50), machine(10)];
  const only = player(30, [fast, slow]);
  const { gotPerS, loadOf, flow } = flowing([fast, slow], [only]);
  expect(gotPerS(only)).toBeCloseTo(30);
  expect([loadOf(fast), loadOf(slow)]).toEqual([expect.closeTo(0.5), expect.closeTo(0.5)]);
  expect(flow).toMatchObject({ served: 1, loadSpread: expect.closeTo(0) });
});

test('a volunteer gives equal parts, and what one leaves to whoever wants more', () => {
  const shared = machine(30);
  const [modest, greedy, greedier] = [player(4, [shared]), player(20, [shared]), player(90, [shared])];
  const { gotPerS, loadOf } = flowing([shared], [modest, greedy, greedier]);
  expect([modest, greedy, greedier].map(gotPerS)).toEqual([4, 13, 13].map((perS) => expect.closeTo(perS, 1)));
  expect(loadOf(shared)).toBeCloseTo(1);
});

test('what fails is done again, and who pauses or is missing helps nobody', () => {
  const [failing, paused] = [machine(20, { reliability: 0.5 }), machine(50, { accepting: false })];
  const [helped, alone] = [player(10, [failing, paused]), player(10, [])];
  const { gotPerS, loadOf, flow } = flowing([failing, paused], [helped, alone]);
  expect(gotPerS(helped)).toBeCloseTo(10);
  expect([loadOf(failing), loadOf(paused), gotPerS(alone)]).toEqual([expect.closeTo(1), 0, 0]);
  expect(flow).toMatchObject({ served: 0.5, fairness: expect.closeTo(0.5), full: 1 });
});
