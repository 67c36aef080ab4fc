import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../deploy/build.mjs';
import { endWithNpm, runChild } from '../deploy/child.mjs';
import { hasCode, SetupError } from '../deploy/failure.mjs';
import { ensureInstalled } from '../deploy/install.mjs';
import { ensureBrowser } from './browser.mjs';
import { RUNNERS } from './runners.mjs';

/** @typedef {import('./runners.mjs').Runner} Runner */

// npm test [-- unit|browser|e2e ...] [-- part of a file's name ...]
const names = RUNNERS.map(({ name }) => name);
const words = process.argv.slice(2);
const chosen = words.filter((word) => names.includes(word));
const filters = words.filter((word) => !names.includes(word));
const runners = RUNNERS.filter(({ name }) => chosen.length === 0 || chosen.includes(name));

const total = { passed: 0, failed: 0 };
/** What went wrong beside the tests; each counts as one failure. @type {string[]} */
const troubles = [];

endWithNpm();
const scratch = mkdtempSync(join(tmpdir(), 'p2c2r-tests-'));
// A signal ends us in the middle; this is done all the same.
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
await testAll();
for (const trouble of troubles) console.error(`\n${trouble}`);
const failed = total.failed + troubles.length;
console.log(`\n${total.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function testAll() {
  if (!(await prepared(ensureInstalled)).ok) return;
  const browser = runners.some(({ needsBrowser }) => needsBrowser) ? await prepared(ensureBrowser) : undefined;
  if (browser && !browser.ok) return;
  const build = runners.some(({ needsBuild }) => needsBuild) ? await prepared(ensureBuilt) : undefined;

  const env = {
    ...(browser ? { P2C2R_BROWSER: browser.value } : {}),
    ...(build?.ok ? { P2C2R_BUILD: build.value.folder } : {}),
  };
  for (const runner of runners) {
    // Why there is no build has been told; the other tests do not need it.
    if (!runner.needsBuild || build?.ok) await runOne(runner, env);
  }
  if (filters.length > 0 && total.passed + total.failed + troubles.length === 0) {
    troubles.push(`No test is in a file whose name has ${filters.join(' or ')}.`);
  }
}

/**
 * @template T
 * @param {() => Promise<T>} step
 * @returns {Promise<{ ok: true, value: T } | { ok: false }>}
 */
async function prepared(step) {
  try {
    return { ok: true, value: await step() };
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
async function runOne({ name, args, tally, timeoutMs }, env) {
  console.log(`\n=== ${name} tests`);
  const reportFile = join(scratch, `${name}.json`);
  const { code, timedOut } = await runChild(process.execPath, args(filters, reportFile), {
    env: { ...env, P2C2R_REPORT: reportFile },
    timeoutMs,
  });
  if (timedOut) troubles.push(`The ${name} tests hung and were ended after ${timeoutMs / 60_000} minutes.`);
  const report = await readReport(reportFile);
  if (report === undefined) {
    if (!timedOut)
      troubles.push(`The ${name} tests crashed: their runner ended with code ${code} and without a report.`);
    return;
  }
  const { passed, failed: failedTests } = tally(report);
  total.passed += passed;
  total.failed += failedTests;
  if (code !== 0 && failedTests === 0 && !timedOut) {
    troubles.push(`The ${name} tests crashed: no test failed, yet their runner ended with code ${code}; see above.`);
  } else if (passed + failedTests === 0 && filters.length === 0) {
    troubles.push(`There is no ${name} test, or all are skipped.`);
  }
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
