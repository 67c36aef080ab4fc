import { expect, test } from 'vitest';
import type { ConnectionStep } from '../sdk/types.ts';
import { headlineOf, verdictOf } from './words.ts';

const GOOD: ConnectionStep = { name: 'server', ok: true, required: true, found: 'Reached.' };
const reportOf = (...steps: ConnectionStep[]) => ({ ok: true, steps });

test('a step is good, limited where something could be done or is missing, and bad where it is needed', () => {
  expect(verdictOf(GOOD)).toBe('good');
  expect(verdictOf({ ...GOOD, next: 'A VPN helps.' })).toBe('limited');
  expect(verdictOf({ ...GOOD, ok: false, required: false })).toBe('limited');
  expect(verdictOf({ ...GOOD, ok: false })).toBe('bad');
  expect(verdictOf({ ...GOOD, ok: false, required: false, skipped: true })).toBe('skipped');
});

test('the headline names what fails, and promises no more than what was found', () => {
  expect(headlineOf(null).tone).toBe('busy');
  expect(headlineOf(reportOf(GOOD))).toEqual({ tone: 'good', headline: 'Everything works.' });
  expect(headlineOf(reportOf(GOOD, { ...GOOD, ok: false, required: false })).headline).toContain('could be better');
  expect(headlineOf(reportOf({ ...GOOD, ok: false }))).toMatchObject({
    tone: 'bad',
    headline: expect.stringContaining('Server'),
  });
});
