import { expect, test } from 'vitest';
import { SEPARATE, SeparateHistories } from './separate-histories.ts';

function confirmOften(histories: SeparateHistories, volunteerId: string): void {
  for (let n = 0; n < SEPARATE.confirmedHere; n++) histories.confirmedHere(volunteerId);
}

test('two newcomers that connected at the same time cannot confirm each other, however long they work', () => {
  const histories = new SeparateHistories();
  histories.met('one', 0);
  histories.met('two', SEPARATE.apartMs - 1);
  for (const id of ['one', 'two']) confirmOften(histories, id);
  expect([histories.mayConfirm('one', 'two'), histories.mayConfirm('two', 'one')]).toEqual([false, false]);
});

test('a volunteer confirms the results of one that came at another time, once this machine has checked it often', () => {
  const histories = new SeparateHistories();
  histories.met('known', 0);
  histories.met('newcomer', SEPARATE.apartMs);
  expect(histories.mayConfirm('known', 'newcomer')).toBe(false);
  confirmOften(histories, 'known');
  expect(histories.mayConfirm('known', 'newcomer')).toBe(true);
  expect(histories.mayConfirm('newcomer', 'known')).toBe(false);
});

test('nobody confirms its own results, a reconnection changes nothing, and strangers confirm nothing', () => {
  const histories = new SeparateHistories();
  histories.met('known', 0);
  confirmOften(histories, 'known');
  histories.met('other', 10);
  histories.met('known', SEPARATE.apartMs * 2);
  for (const [one, of] of [
    ['known', 'known'],
    ['known', 'other'],
    ['stranger', 'other'],
    ['known', 'stranger'],
  ] as const)
    expect(histories.mayConfirm(one, of)).toBe(false);
});

test('the number of remembered volunteers is bounded', () => {
  const histories = new SeparateHistories();
  histories.met('first', 0);
  confirmOften(histories, 'first');
  for (let n = 0; n < SEPARATE.maxVolunteers; n++) histories.met(`${n}`, SEPARATE.apartMs);
  expect(histories.mayConfirm('first', '0')).toBe(false);
});
