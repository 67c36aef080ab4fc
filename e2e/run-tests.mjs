import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../deploy/build.mjs';
import { endWithNpm, runChild } from '../deploy/child.mjs';
import { hasCode, SetupError } from '../deploy/failure.mjs';
import { ensureInstalled } from '../deploy/install.mjs';
import { ensureBrowser } from './browser.mjs';
import { annotationsIn, outcomeOf, record } from './browser-support.mjs';
import { browserVersions, versionsIn } from './browser-versions.mjs';
import { describeFailures, describeSkipped, playwrightResults, suitesWithoutTests } from './reports.mjs';
import { ALL, FIREFOX_ONLY, LONG_ONLY, QUICK, SCREENSHOTS } from './runners.mjs';

/** @typedef {import('./runners.mjs').Runner} Runner */
/** @typedef {import('./reports.mjs').TestResult} TestResult */

const USAGE = `npm test [-- [--quick] [unit|browser|e2e ...] [part of a file's name ...]]
npm run test:long [-- part of a file's name ...]
npm run test:firefox [-- part of a file's name ...]
npm run screenshots [-- part of a state's name ...]

  --record keeps what end-to-end tests find to work in which browser, and writes the tables of docs/browsers.md and README.md
  --quick  unit tests and the end-to-end smoke test only, for the inner loop
  --help   prints this`;

/** How many of the slowest tests are printed: enough to see what to speed up first. */
const SLOWEST = 10;

const words = process.argv.slice(2);
const flags = words.filter((word) => word.startsWith('--'));
const unknown = flags.filter(
  (flag) => !['--quick', '--long', '--firefox', '--record', '--screenshots', '--help'].includes(flag),
);
if (flags.includes('--help') || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no option ${unknown.join(' or ')}.\n`);
  console.log(USAGE);
  process.exit(unknown.length > 0 ? 1 : 0);
}
const available = flags.includes('--quick')
  ? QUICK
  : flags.includes('--long')
    ? LONG_ONLY
    : flags.includes('--firefox')
      ? FIREFOX_ONLY
      : flags.includes('--screenshots')
        ? SCREENSHOTS
        : ALL;
const suites = new Set(available.flatMap((runner) => runner.suites));
const chosen = words.filter((word) => suites.has(word));
const filters = words.filter((word) => !suites.has(word) && !word.startsWith('--'));
const wanted = chosen.length > 0 ? new Set(chosen) : suites;
/** A runner of several suites makes those of each of them needless. */
const joint = available.find((runner) => runner.suites.length > 1 && runner.suites.every((suite) => wanted.has(suite)));
const runners = available.filter(
  (runner) => runner === joint || runner.suites.every((suite) => wanted.has(suite) && !joint?.suites.includes(suite)),
);

/** @type {TestResult[]} */
const results = [];
/** What end-to-end tests found to work in which browser. @type {import('./browser-support.mjs').Outcome} */
const outcome = { findings: [], silent: [], timedOut: [], skippedIn: [] };
/** Versions of browsers that only their tests know. @type {import('./browser-support.mjs').Versions} */
const versions = {};
/** What went wrong besides the tests; each counts as one failure. @type {string[]} */
const troubles = [];
/** @type {{ part: string, tookMs: number }[]} */
const times = [];

endWithNpm();
const scratch = mkdtempSync(join(tmpdir(), 'p2c2r-tests-'));
// Also when a signal ends this process.
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
await testAll();
const recorded = flags.includes('--record') ? await recordOutcome() : [];
printTimes();
// Last, and on the same stream as the rest: a log that is cut keeps its end, and there it must say what failed and why.
const failures = describeFailures(results);
if (failures !== '') console.log(failures);
for (const trouble of troubles) console.log(`\n${trouble}`);
for (const line of [...describeSkipped(results), ...recorded]) console.log(line);
const passed = results.filter(({ status }) => status === 'passed').length;
const failed = results.filter(({ status }) => status === 'failed').length + troubles.length;
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function testAll() {
  if (!(await prepared('packages', ensureInstalled)).ok) return;
  const needsBrowser = runners.some((runner) => runner.needsBrowser);
  const browser = needsBrowser ? await prepared('browser found or installed', ensureBrowser) : undefined;
  if (browser && !browser.ok) return;
  // Beside the tests that do not need it.
  const building = runners.some(({ needsBuild }) => needsBuild) ? prepared('build', ensureBuilt) : undefined;

  const env = browser ? { P2C2R_BROWSER: browser.value } : {};
  for (const runner of runners) {
    const build = runner.needsBuild ? await building : undefined;
    // If there is none, the reason was printed; the other tests do not need it.
    if (build && !build.ok) continue;
    const buildEnv = build ? { P2C2R_BUILD: build.value.folder } : {};
    await timed(runner.name, () => runOne(runner, { ...env, ...buildEnv }));
  }
  if (filters.length > 0 && results.length + troubles.length === 0) {
    troubles.push(`No test is in a file whose name has ${filters.join(' or ')}.`);
  } else if (troubles.length === 0) {
    // A file's name need not be in every suite, but it must be in those that were named with it.
    const missing = suitesWithoutTests(filters.length > 0 ? chosen : wanted, results);
    for (const suite of missing) troubles.push(`No ${suite} test ran: there is none, or all are skipped.`);
  }
}

/**
 * @template T
 * @param {string} part
 * @param {() => Promise<T>} run
 */
async function timed(part, run) {
  const startedAtMs = performance.now();
  try {
    return await run();
  } finally {
    times.push({ part, tookMs: performance.now() - startedAtMs });
  }
}

/**
 * @template T
 * @param {string} part
 * @param {() => Promise<T>} step
 * @returns {Promise<{ ok: true, value: T } | { ok: false }>}
 */
async function prepared(part, step) {
  try {
    return { ok: true, value: await timed(part, step) };
  } catch (cause) {
    if (!(cause instanceof SetupError)) throw cause;
    troubles.push(cause.message);
    return { ok: false };
  }
}

/**
 * @param {Runner} runner
 * @param {Record<string, string>} env
 */
async function runOne({ name, args, results: resultsOf, timeoutMs, files = [], env: ownEnv }, env) {
  console.log(`\n=== ${name} tests`);
  const reportFile = join(scratch, `${name.replace(/\W+/g, '-')}.json`);
  const { code, timedOut } = await runChild(process.execPath, args(filters.length > 0 ? filters : files), {
    env: { ...env, ...ownEnv, P2C2R_REPORT: reportFile },
    timeoutMs,
  });
  if (timedOut) troubles.push(`The ${name} tests hung and were ended after ${timeoutMs / 60_000} minutes.`);
  const report = await readReport(reportFile);
  if (report === undefined) {
    if (!timedOut)
      troubles.push(`The ${name} tests crashed: their runner ended with code ${code} and without a report.`);
    return;
  }
  const found = resultsOf(report);
  results.push(...found);
  if (resultsOf === playwrightResults) {
    const { findings, silent, timedOut, skippedIn } = outcomeOf(report);
    outcome.findings.push(...findings);
    outcome.silent.push(...silent);
    outcome.timedOut.push(...timedOut);
    outcome.skippedIn.push(...skippedIn);
    Object.assign(versions, versionsIn(annotationsIn(report)));
  }
  const hasFailed = found.some(({ status }) => status === 'failed');
  if (code !== 0 && !hasFailed && !timedOut) {
    troubles.push(`The ${name} tests crashed: no test failed, yet their runner ended with code ${code}; see above.`);
  }
}

/** @returns {Promise<string[]>} what was not recorded, for a person */
async function recordOutcome() {
  if (troubles.length > 0) return ['Nothing was recorded: not all tests ran.'];
  await record(outcome, { ...(await browserVersions()), ...versions });
  const untested = new Set(
    outcome.skippedIn.filter((name) => !outcome.findings.some(({ browser }) => browser === name)),
  );
  return [
    ...outcome.timedOut.map((title) => `Not recorded, since it ran out of time: ${title}`),
    ...[...untested].map((browser) => `Nothing was recorded of ${browser}: all its tests were skipped.`),
  ];
}

function printTimes() {
  console.log('\n=== time');
  for (const { part, tookMs } of times) console.log(`${seconds(tookMs)}  ${part}`);
  const slowest = [...results].sort((one, other) => other.durationMs - one.durationMs).slice(0, SLOWEST);
  if (slowest.length > 0) console.log(`\n=== the ${slowest.length} slowest tests`);
  for (const { name, durationMs } of slowest) console.log(`${seconds(durationMs)}  ${name}`);
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1_000).toFixed(1).padStart(7)} s`;
}

/**
 * @param {string} file
 * @returns {Promise<unknown>} undefined when there is none
 */
async function readReport(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (hasCode(cause, 'ENOENT') || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
