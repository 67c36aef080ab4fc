import { expect, test } from 'vitest';
import { ALL, suitesWithoutTests } from './runners.mjs';

const JOINT = ALL.find(({ suites }) => suites.length === 2);

/** What Vitest reports of one file. */
function file(name: string, ...statuses: string[]) {
  const assertionResults = statuses.map((status) => ({ status, fullName: `${name} ${status}`, duration: 1 }));
  return { name, status: statuses.includes('failed') ? 'failed' : 'passed', assertionResults };
}

function missingOf(...testResults: ReturnType<typeof file>[]) {
  return suitesWithoutTests(['unit', 'browser'], JOINT?.results({ testResults }) ?? []);
}

test('a joint run of unit and browser tests names the suite of which no test ran', () => {
  expect(missingOf(file('/a/link.test.ts', 'passed'), file('/a/engine.browser.test.ts', 'passed'))).toEqual([]);
  expect(missingOf(file('/a/link.test.ts', 'passed'))).toEqual(['browser']);
  expect(missingOf(file('/a/engine.browser.test.ts', 'passed'))).toEqual(['unit']);
  expect(missingOf()).toEqual(['unit', 'browser']);
});

test('skipped tests did not run, failed ones did', () => {
  expect(missingOf(file('/a/link.test.ts', 'passed'), file('/a/engine.browser.test.ts', 'skipped'))).toEqual([
    'browser',
  ]);
  expect(missingOf(file('/a/link.test.ts', 'failed'), file('/a/engine.browser.test.ts', 'failed'))).toEqual([]);
});

test('a file that cannot be loaded counts as a failed test of its suite', () => {
  const broken = { name: '/a/engine.browser.test.ts', status: 'failed', assertionResults: [] };
  const results = JOINT?.results({ testResults: [broken] });
  expect(results).toEqual([{ name: broken.name, suite: 'browser', status: 'failed', durationMs: 0 }]);
});

test('only suites that were asked for are missed', () => {
  const results = JOINT?.results({ testResults: [file('/a/link.test.ts', 'passed')] }) ?? [];
  expect(suitesWithoutTests(['unit'], results)).toEqual([]);
  expect(suitesWithoutTests(['unit', 'e2e'], results)).toEqual(['e2e']);
});
