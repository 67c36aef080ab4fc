// Protects: a volunteer cannot get rid of what is known of its detail by ending a route, and one that has recovered is not held to it for ever.
import { expect, test } from 'vitest';
import { DetailHistories, WATCHED_FRAMES } from './detail-history.ts';

const RIGHT = { energy: 300, gained: 290 };
const GROSS = { energy: 100, gained: -150 };

test('grossly wrong tiles add up over the routes of a volunteer', () => {
  const histories = new DetailHistories();
  const verdict = [0, 1, 2].map(() => {
    const { record } = histories.of('cheat');
    for (let honest = 0; honest < 12; honest++) record.add(RIGHT);
    record.add(GROSS);
    return record.verdict;
  });
  expect(verdict).toEqual(['helpful', 'helpful', 'wrong']);
  expect(histories.of('other').record.verdict).toBe(null);
});

test('a useless volunteer that is asked again is found useless sooner, and a helpful verdict clears it', () => {
  const history = new DetailHistories().of('slow');
  const untilOff = () => {
    let verdicts = 1;
    while (!history.recordVerdict(true)) verdicts++;
    history.paused();
    return verdicts;
  };
  expect([untilOff(), untilOff()]).toEqual([10, 5]);
  expect(history.isUseful).toBe(false);
  history.recordVerdict(false);
  expect(history.isUseful).toBe(true);
  expect(untilOff()).toBe(10);
});

test('implausible frames count across routes, half of them after a rest', () => {
  const histories = new DetailHistories();
  for (let frame = 0; frame < WATCHED_FRAMES / 2; frame++) histories.of('odd').recordPlausibility(false);
  expect(histories.of('odd').implausibleFrames).toBe(WATCHED_FRAMES / 2);
  histories.of('odd').paused();
  expect(histories.of('odd').implausibleFrames).toBe(WATCHED_FRAMES / 4);
  for (let frame = 0; frame < WATCHED_FRAMES; frame++) histories.of('odd').recordPlausibility(true);
  expect(histories.of('odd').implausibleFrames).toBe(0);
});

test('many newcomers push out who was used longest ago, and not a volunteer in use', () => {
  const histories = new DetailHistories();
  const [used, forgotten] = [histories.of('used'), histories.of('0')];
  for (let newcomer = 0; newcomer < 2_000; newcomer++) {
    histories.of(`${newcomer}`);
    expect(histories.of('used')).toBe(used);
  }
  expect(histories.of('0')).not.toBe(forgotten);
});
