import { join } from 'node:path';
import { ROOT } from '../deploy/child.mjs';

/**
 * @typedef {object} Tally what a runner's own report says
 * @property {number} passed
 * @property {number} failed tests, and files that could not be run
 */

/**
 * @typedef {object} Runner
 * @property {string} name what `npm test -- NAME` calls it
 * @property {boolean} needsBrowser
 * @property {boolean} needsBuild
 * @property {number} timeoutMs for all its tests; only ends a runner that hangs
 * @property {(filters: readonly string[], reportFile: string) => string[]} args for Node
 * @property {(report: unknown) => Tally} tally
 */

/** @param {string} project @returns {Runner['args']} */
const vitest = (project) => (filters, reportFile) => [
  join(ROOT, 'node_modules/vitest/vitest.mjs'),
  ...['run', '--project', project, '--passWithNoTests'],
  ...['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`],
  ...filters,
];

/** @type {readonly Runner[]} in the order of what they need: the quick answers first */
export const RUNNERS = [
  {
    name: 'unit',
    needsBrowser: false,
    needsBuild: false,
    timeoutMs: 5 * 60_000,
    args: vitest('unit'),
    tally: tallyVitest,
  },
  {
    name: 'browser',
    needsBrowser: true,
    needsBuild: false,
    timeoutMs: 10 * 60_000,
    args: vitest('browser'),
    tally: tallyVitest,
  },
  {
    name: 'e2e',
    needsBrowser: true,
    needsBuild: true,
    timeoutMs: 26 * 60_000,
    args: (filters) => [join(ROOT, 'node_modules/playwright/cli.js'), 'test', '--pass-with-no-tests', ...filters],
    tally: tallyPlaywright,
  },
];

/** @param {unknown} report @returns {Tally} */
function tallyVitest(report) {
  const { numPassedTests, numFailedTests, testResults } =
    /** @type {{ numPassedTests: number, numFailedTests: number, testResults: VitestFile[] }} */ (report);
  // A file that throws while it is loaded, or in a hook, has failed without a test that did.
  const failedFiles = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + failedFiles.length };
}

/**
 * @typedef {object} VitestFile
 * @property {string} status
 * @property {{ status: string }[]} assertionResults
 */

/** @param {unknown} report @returns {Tally} */
function tallyPlaywright(report) {
  const { stats, errors } =
    /** @type {{ stats: { expected: number, unexpected: number, flaky: number }, errors: unknown[] }} */ (report);
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length };
}
