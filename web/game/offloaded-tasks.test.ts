// The game asks one question of a kind at a time, never waits for an answer, and uses none that comes too late.
import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import type { PartInput, PartResult, Question } from './messages.ts';
import { OffloadedTask } from './offloaded-tasks.ts';
import { GAME_WORK } from './tuning.ts';

const INPUT: PartInput<'ships'> = { model: 'steering', inputs: {} };
const RESULT: PartResult<'ships'> = { outputs: {} };
let clock: ManualClock;
let asked: Question[];
let errand: OffloadedTask<'ships'>;
let heard: number;

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  heard = 0;
  errand = new OffloadedTask('ships', clock, (question) => asked.push(question));
});

const ask = () => errand.ask(INPUT, () => heard++);
const answer = (id: number, result: PartResult<'ships'> | null) => errand.heard({ part: 'ships', id, result });

it('asks again once it was answered, and not before', () => {
  ask();
  ask();
  expect(asked.map(({ id }) => id)).toEqual([1]);
  answer(1, RESULT);
  ask();
  expect([heard, asked.length]).toEqual([1, 2]);
});

it('rests a moment after a question that nobody answered', () => {
  ask();
  answer(1, null);
  ask();
  expect([heard, asked.length]).toEqual([0, 1]);
  clock.advance(GAME_WORK.restMs);
  ask();
  expect(asked).toHaveLength(2);
});

it('gives a question up after a while, and an answer after that is not used', () => {
  ask();
  clock.advance(GAME_WORK.giveUpMs + GAME_WORK.restMs);
  ask();
  answer(1, RESULT);
  expect([heard, asked.length]).toEqual([0, 2]);
  answer(2, RESULT);
  expect(heard).toBe(1);
});

it('hears nothing more once it is disposed of', () => {
  ask();
  errand.dispose();
  answer(1, RESULT);
  clock.advance(GAME_WORK.giveUpMs);
  expect(heard).toBe(0);
});
