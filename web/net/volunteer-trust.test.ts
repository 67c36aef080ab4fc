import { beforeEach, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { PROBATION_RESULTS } from '../../shared/reputation.ts';
import { VolunteerTrust } from './volunteer-trust.ts';

const error = MeshError.verifyFailed('A wrong answer.');

let trust: VolunteerTrust;

beforeEach(() => {
  trust = new VolunteerTrust(() => 0.999);
});

test('every answer is checked until enough of the same kind were right in a row', () => {
  for (let n = 0; n < PROBATION_RESULTS; n++) {
    expect(trust.isCheckDue('v', 'physics')).toBe(true);
    trust.right('v', 'physics');
  }
  expect(trust.isCheckDue('v', 'physics')).toBe(false);
  expect(trust.isCheckDue('v', 'raytracing')).toBe(true);
  expect(trust.isCheckDue('other', 'physics')).toBe(true);
});

test('one wrong answer bars a volunteer for good, however many were right before', () => {
  for (let n = 0; n < 50; n++) trust.right('v', 'physics');
  trust.wrong({ volunteerId: 'v', work: 'physics', error });
  expect([trust.isBarred('v'), trust.isBarred('other')]).toEqual([true, false]);
  expect(trust.isCheckDue('v', 'physics')).toBe(true);
});

test('listeners hear of each barred volunteer once, and every wrong answer is counted', () => {
  const heard: unknown[] = [];
  trust.barred.add((barred) => heard.push(barred));
  trust.wrong({ volunteerId: 'v', work: 'stream', error });
  trust.wrong({ volunteerId: 'v', work: 'physics', error });
  expect(heard).toEqual([{ volunteerId: 'v', work: 'stream', error }]);
  expect(trust.wrongAnswers).toBe(2);
});
