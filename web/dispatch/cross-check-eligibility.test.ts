import { expect, test } from 'vitest';
import { CROSS_CHECK, CrossCheckEligibility } from './cross-check-eligibility.ts';

function confirmOften(eligibility: CrossCheckEligibility, volunteerId: string): void {
  for (let n = 0; n < CROSS_CHECK.confirmedHere; n++) eligibility.confirmedHere(volunteerId);
}

test('two newcomers that connected at the same time cannot confirm each other, however long they work', () => {
  const eligibility = new CrossCheckEligibility();
  eligibility.linkOpened('one', 0);
  eligibility.linkOpened('two', CROSS_CHECK.apartMs - 1);
  for (const id of ['one', 'two']) confirmOften(eligibility, id);
  expect([eligibility.mayConfirm('one', 'two'), eligibility.mayConfirm('two', 'one')]).toEqual([false, false]);
});

test('a volunteer confirms the results of one that came at another time, once this machine has checked it often', () => {
  const eligibility = new CrossCheckEligibility();
  eligibility.linkOpened('known', 0);
  eligibility.linkOpened('newcomer', CROSS_CHECK.apartMs);
  expect(eligibility.mayConfirm('known', 'newcomer')).toBe(false);
  confirmOften(eligibility, 'known');
  expect(eligibility.mayConfirm('known', 'newcomer')).toBe(true);
  expect(eligibility.mayConfirm('newcomer', 'known')).toBe(false);
});

test('nobody confirms its own results, a reconnection changes nothing, and strangers confirm nothing', () => {
  const eligibility = new CrossCheckEligibility();
  eligibility.linkOpened('known', 0);
  confirmOften(eligibility, 'known');
  eligibility.linkOpened('other', 10);
  eligibility.linkOpened('known', CROSS_CHECK.apartMs * 2);
  for (const [one, of] of [
    ['known', 'known'],
    ['known', 'other'],
    ['stranger', 'other'],
    ['known', 'stranger'],
  ] as const)
    expect(eligibility.mayConfirm(one, of)).toBe(false);
});

test('the number of remembered volunteers is bounded', () => {
  const eligibility = new CrossCheckEligibility();
  eligibility.linkOpened('first', 0);
  confirmOften(eligibility, 'first');
  for (let n = 0; n < CROSS_CHECK.maxVolunteers; n++) eligibility.linkOpened(`${n}`, CROSS_CHECK.apartMs);
  expect(eligibility.mayConfirm('first', '0')).toBe(false);
});
