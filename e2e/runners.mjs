import { join } from 'node:path';
import { ROOT } from '../deploy/child.mjs';

/**
 * @typedef {object} TestResult
 * @property {string} name
 * @property {string} suite what `npm test -- SUITE` calls it
 * @property {'passed' | 'failed' | 'skipped'} status
 * @property {number} durationMs
 */

/**
 * @typedef {object} Runner
 * @property {string} name as printed
 * @property {readonly string[]} suites what `npm test -- SUITE` calls its tests; several runners may be of one suite
 * @property {boolean} needsBrowser
 * @property {boolean} needsBuild
 * @property {number} timeoutMs for all its tests; only ends a runner that hangs
 * @property {Record<string, string>} [env]
 * @property {readonly string[]} [files] parts of the names of its files, where it runs no others
 * @property {(filters: readonly string[], reportFile: string) => string[]} args for Node
 * @property {(report: unknown) => TestResult[]} results of its own report: every test, and a failure for each file that could not be run
 */

const VITEST = { needsBuild: false, results: vitestResults };
const PLAYWRIGHT = { suites: ['e2e'], needsBrowser: true, needsBuild: true, results: playwrightResults };

/**
 * Tests of these tags run elsewhere or alone: `@alone` measures rates or delays that a test on the other core would disturb, `@long` takes
 * minutes by nature, `@smoke` is the end-to-end part of `npm test -- --quick`.
 */
const ALONE = '@alone';
const LONG = '@long';
const SMOKE = '@smoke';

const unit = {
  name: 'unit',
  suites: ['unit'],
  needsBrowser: false,
  timeoutMs: 5 * 60_000,
  ...VITEST,
  args: vitest('unit'),
};

const browser = {
  name: 'browser',
  suites: ['browser'],
  needsBrowser: true,
  timeoutMs: 10 * 60_000,
  ...VITEST,
  args: vitest('browser', 'browser-gpu', 'browser-gl'),
};

/** Both at the same time: unit tests wait for sockets and timers for half of their time. */
const unitAndBrowser = {
  name: 'unit and browser',
  suites: ['unit', 'browser'],
  needsBrowser: true,
  timeoutMs: 12 * 60_000,
  ...VITEST,
  args: vitest('unit', 'browser', 'browser-gpu', 'browser-gl'),
};

/**
 * `npm test`, cheap answers first. The first runner whose suites are all wanted runs them; later ones run what is left.
 * @type {readonly Runner[]}
 */
export const ALL = [
  unitAndBrowser,
  unit,
  browser,
  {
    name: 'e2e, two at a time',
    timeoutMs: 15 * 60_000,
    ...PLAYWRIGHT,
    args: playwright('--workers=2', `--grep-invert=${ALONE}|${LONG}`),
  },
  {
    name: 'e2e, one at a time',
    timeoutMs: 10 * 60_000,
    ...PLAYWRIGHT,
    args: playwright('--workers=1', `--grep=${ALONE}`, `--grep-invert=${LONG}`),
  },
];

/** `npm test -- --quick`, for the inner loop. @type {readonly Runner[]} */
export const QUICK = [
  unit,
  {
    name: 'e2e smoke',
    timeoutMs: 5 * 60_000,
    ...PLAYWRIGHT,
    args: playwright('--workers=2', `--grep=${SMOKE}`),
  },
];

/** `npm run test:long`: what takes minutes by nature. @type {readonly Runner[]} */
export const LONG_ONLY = [
  {
    name: 'fuzzing of the server',
    suites: ['unit'],
    needsBrowser: false,
    timeoutMs: 120 * 60_000,
    ...VITEST,
    args: vitest('unit'),
    files: ['fuzz.test.ts'],
    env: { FUZZ_RUNS: '100000' },
  },
  {
    name: 'unit, long',
    suites: ['unit'],
    needsBrowser: false,
    timeoutMs: 30 * 60_000,
    ...VITEST,
    args: vitest('long'),
  },
  {
    name: 'e2e, long',
    ...PLAYWRIGHT,
    timeoutMs: 60 * 60_000,
    args: playwright('--workers=1', `--grep=${LONG}`),
  },
];

/** @param {readonly string[]} projects run at the same time @returns {Runner['args']} */
function vitest(...projects) {
  return (filters, reportFile) => [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    ...['run', ...projects.flatMap((project) => ['--project', project]), '--passWithNoTests'],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`],
    ...filters,
  ];
}

/** @param {readonly string[]} flags @returns {Runner['args']} */
function playwright(...flags) {
  return (filters) => [
    join(ROOT, 'node_modules/playwright/cli.js'),
    ...['test', '--pass-with-no-tests', ...flags, ...filters],
  ];
}

/**
 * @typedef {object} VitestFile
 * @property {string} name
 * @property {string} status
 * @property {{ status: string, fullName: string, duration?: number }[]} assertionResults
 */

/** @param {unknown} report @returns {TestResult[]} */
function vitestResults(report) {
  const { testResults } = /** @type {{ testResults: VitestFile[] }} */ (report);
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const suite = name.includes('.browser.test.') ? 'browser' : 'unit';
    const results = assertionResults.map((test) => ({
      name: test.fullName,
      suite,
      status: statusOf(test.status),
      durationMs: test.duration ?? 0,
    }));
    // A file that throws while it is loaded, or in a hook, fails without a failed test.
    const hasFailedItself = status === 'failed' && !results.some((test) => test.status === 'failed');
    const failure = { name, suite, status: /** @type {const} */ ('failed'), durationMs: 0 };
    return hasFailedItself ? [...results, failure] : results;
  });
}

/**
 * @typedef {object} PlaywrightSuite
 * @property {PlaywrightSuite[]} [suites]
 * @property {{ title: string, tests: { status: string, results: { duration: number }[] }[] }[]} specs
 */

/** @param {unknown} report @returns {TestResult[]} */
function playwrightResults(report) {
  const { suites, errors } = /** @type {{ suites: PlaywrightSuite[], errors: { message?: string }[] }} */ (report);
  return [
    ...suites.flatMap(specsOf).flatMap(({ title, tests }) =>
      tests.map(({ status, results }) => ({
        name: title,
        suite: 'e2e',
        // A test that passed only on a retry counts as failed.
        status: statusOf(status),
        durationMs: results.reduce((sum, { duration }) => sum + duration, 0),
      })),
    ),
    ...errors.map(({ message = 'an error outside any test' }) => ({
      name: message,
      suite: 'e2e',
      status: /** @type {const} */ ('failed'),
      durationMs: 0,
    })),
  ];
}

/** @param {PlaywrightSuite} suite @returns {PlaywrightSuite['specs']} */
function specsOf({ specs, suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}

/** @param {string} status of either runner @returns {TestResult['status']} */
function statusOf(status) {
  if (status === 'passed' || status === 'expected') return 'passed';
  return ['skipped', 'pending', 'todo', 'disabled'].includes(status) ? 'skipped' : 'failed';
}

/**
 * @param {Iterable<string>} asked suites
 * @param {readonly TestResult[]} results
 * @returns {string[]} those of which no test ran
 */
export function suitesWithoutTests(asked, results) {
  const ran = new Set(results.filter(({ status }) => status !== 'skipped').map(({ suite }) => suite));
  return [...asked].filter((suite) => !ran.has(suite));
}
