import { join } from 'node:path';
import { ROOT } from '../deploy/child.mjs';
import { playwrightResults, vitestResults } from './reports.mjs';

/** @typedef {import('./reports.mjs').TestResult} TestResult */

/**
 * @typedef {object} Runner
 * @property {string} name as printed
 * @property {readonly string[]} suites what `npm test -- SUITE` calls its tests; several runners may be of one suite
 * @property {boolean} needsBrowser
 * @property {boolean} needsBuild
 * @property {number} timeoutMs for all its tests; only ends a runner that hangs: twice what a slow machine takes beside a busy loop
 * @property {Record<string, string>} [env]
 * @property {readonly string[]} [files] parts of the names of its files, where it runs no others
 * @property {(filters: readonly string[]) => string[]} args for Node; its report goes to the file that the variable P2C2R_REPORT names
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
/** What `npm run screenshots` runs: pictures, which tell nothing by themselves. */
const SCREENS = '@screens';
/** Tests that need Firefox, which the other tests do without: installing it takes half a minute. */
const FIREFOX = '@firefox';

/** Projects of vitest.config.ts. */
const IN_BROWSER = ['browser', 'browser-gpu', 'browser-kernels', 'browser-gl'];

const unit = {
  name: 'unit',
  suites: ['unit'],
  needsBrowser: false,
  timeoutMs: 15 * 60_000,
  ...VITEST,
  args: vitest('unit'),
};

const browser = {
  name: 'browser',
  suites: ['browser'],
  needsBrowser: true,
  timeoutMs: 25 * 60_000,
  ...VITEST,
  args: vitest(...IN_BROWSER),
};

/** Both at the same time: unit tests wait for sockets and timers for half of their time. */
const unitAndBrowser = {
  name: 'unit and browser',
  suites: ['unit', 'browser'],
  needsBrowser: true,
  timeoutMs: 30 * 60_000,
  ...VITEST,
  args: vitest('unit', ...IN_BROWSER),
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
    timeoutMs: 30 * 60_000,
    ...PLAYWRIGHT,
    args: playwright('--workers=2', `--grep-invert=${ALONE}|${LONG}|${FIREFOX}|${SCREENS}`),
  },
  {
    name: 'e2e, one at a time',
    timeoutMs: 15 * 60_000,
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

const inFirefox = {
  name: 'e2e in Firefox',
  timeoutMs: 30 * 60_000,
  ...PLAYWRIGHT,
  args: playwright('--workers=1', `--grep=${FIREFOX}`, `--grep-invert=${LONG}`),
};

const browserInFirefox = {
  name: 'browser, in Firefox',
  suites: ['browser'],
  needsBrowser: false,
  timeoutMs: 10 * 60_000,
  ...VITEST,
  args: vitest('browser-firefox'),
};

/** `npm run test:firefox`. @type {readonly Runner[]} */
export const FIREFOX_ONLY = [inFirefox];

/** `npm run screenshots`. @type {readonly Runner[]} */
export const SCREENSHOTS = [
  {
    name: 'screenshots',
    timeoutMs: 60 * 60_000,
    ...PLAYWRIGHT,
    // Filters are parts of the states' names.
    args: (filters) => playwright('--workers=1', `--grep=pictures of \\S*(${filters.join('|')}).*${SCREENS}`)([]),
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
    name: 'browser, long',
    suites: ['browser'],
    needsBrowser: true,
    timeoutMs: 30 * 60_000,
    ...VITEST,
    args: vitest('browser-long'),
  },
  {
    name: 'e2e, long',
    ...PLAYWRIGHT,
    timeoutMs: 60 * 60_000,
    args: playwright('--workers=1', `--grep=${LONG}`),
  },
  browserInFirefox,
  inFirefox,
];

/** @param {readonly string[]} projects run at the same time @returns {Runner['args']} */
function vitest(...projects) {
  return (filters) => [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    ...['run', ...projects.flatMap((project) => ['--project', project]), '--passWithNoTests'],
    ...['--reporter=default', `--reporter=${join(ROOT, 'e2e/vitest-reporter.mjs')}`],
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
