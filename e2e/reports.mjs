import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ROOT } from '../deploy/child.mjs';

/** @typedef {import('./vitest-reporter.mjs').VitestReport} VitestReport */

/**
 * @typedef {object} TestResult
 * @property {string} name
 * @property {string} suite what `npm test -- SUITE` calls it
 * @property {'passed' | 'failed' | 'skipped'} status
 * @property {number} durationMs
 * @property {string} [file] path in the checkout, with a line where the report has one
 * @property {string} [message] why it failed
 * @property {string[]} [page] what the page said then, line by line
 * @property {string} [skippedBecause] where the test says so
 */

/** How much of a failure's message is repeated at the end: what was expected and where. The whole message is with the test. */
const MESSAGE_LINES = 12;
const LINE_CHARACTERS = 240;
/** And of what the page said: the sentences of our largest page. */
const PAGE_LINES = 60;
/** Lines of a stack that say nothing of our code. */
const OF_PACKAGES = /^\s+at .*(node_modules|node:internal|<anonymous>)/;

/** @param {unknown} report of `vitest-reporter.mjs` @returns {TestResult[]} */
export function vitestResults(report) {
  const { files, unhandledErrors } = /** @type {VitestReport} */ (report);
  return [...files.flatMap(testsOf), ...unhandledErrors.map(unhandled)];
}

/** @param {VitestReport['files'][number]} file @returns {TestResult[]} */
function testsOf({ path, status, messages, tests }) {
  const place = { suite: vitestSuite(path), file: relative(ROOT, path) };
  const results = tests.map((test) => ({
    name: test.name,
    ...place,
    status: statusOf(test.status),
    durationMs: test.durationMs,
    ...withMessage(test.messages),
  }));
  // A file that throws while it is loaded, or in a hook, fails without a failed test.
  const hasFailedItself = status === 'failed' && !results.some((test) => test.status === 'failed');
  return hasFailedItself
    ? [...results, failure({ name: 'the file itself', ...place, ...withMessage(messages) })]
    : results;
}

/** @param {VitestReport['unhandledErrors'][number]} error @returns {TestResult} */
function unhandled({ message, path, test }) {
  return failure({
    name: test ? `an unhandled error, perhaps of: ${test}` : 'an unhandled error',
    suite: vitestSuite(path ?? ''),
    ...(path && { file: relative(ROOT, path) }),
    ...withMessage([message]),
  });
}

/** @param {string} path */
function vitestSuite(path) {
  return path.includes('.browser.test.') ? 'browser' : 'unit';
}

/**
 * @typedef {object} PlaywrightError
 * @property {string} [message]
 * @property {{ file: string, line: number }} [location]
 */

/**
 * @typedef {object} PlaywrightAttempt
 * @property {number} duration
 * @property {string} [status]
 * @property {PlaywrightError[]} [errors]
 * @property {{ name: string, path?: string }[]} [attachments]
 */

/**
 * @typedef {object} PlaywrightSpec
 * @property {string} title
 * @property {string} [file] in the folder of the end-to-end tests
 * @property {number} [line]
 * @property {{ status: string, results: PlaywrightAttempt[], annotations?: { type: string, description?: string }[] }[]} tests
 */

/**
 * @typedef {object} PlaywrightSuite
 * @property {PlaywrightSuite[]} [suites]
 * @property {PlaywrightSpec[]} specs
 */

/** @param {unknown} report @returns {TestResult[]} */
export function playwrightResults(report) {
  const { suites, errors } = /** @type {{ suites: PlaywrightSuite[], errors: PlaywrightError[] }} */ (report);
  return [
    ...suites.flatMap(specsOf).flatMap(({ title, file, line, tests }) =>
      tests.map(({ status, results, annotations = [] }) => ({
        name: title,
        suite: 'e2e',
        // A test that passed only on a retry counts as failed.
        status: statusOf(status),
        durationMs: results.reduce((sum, { duration }) => sum + duration, 0),
        ...(file && { file: `e2e/${file}:${line}` }),
        ...withMessage(results.flatMap((result) => result.errors ?? []).map(messageWithPlace)),
        ...withPage(results),
        ...skippedBecause(status, annotations),
      })),
    ),
    ...errors.map((error) =>
      failure({ name: 'an error outside any test', suite: 'e2e', ...withMessage([messageWithPlace(error)]) }),
    ),
  ];
}

/** @param {string} status @param {{ type: string, description?: string }[]} annotations */
function skippedBecause(status, annotations) {
  const reason = annotations.find(({ type, description }) => type === 'skip' && description)?.description;
  return status === 'skipped' && reason ? { skippedBecause: reason } : {};
}

/**
 * What can be read on the page of a failed test, of the picture of its accessibility tree that Playwright keeps: on a machine that nobody can look at, that is all
 * there is to tell why a text did not come.
 *
 * @param {readonly PlaywrightAttempt[]} attempts
 * @returns {{ page?: string[] }}
 */
function withPage(attempts) {
  const path = attempts
    .flatMap(({ attachments = [] }) => attachments)
    .find(({ name }) => name === 'error-context')?.path;
  if (!path || !existsSync(path)) return {};
  // Of the whole page, or of the element that was looked for.
  const trees = [...readFileSync(path, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, tree = '']) =>
    tree.split('\n'),
  );
  const said = trees.map((line) => line.replace(/ \[(?:ref|cursor)=\w+\]/g, '').trim());
  const page = said.filter((line) => /: .|"/.test(line) && !line.startsWith('- /url') && !line.startsWith('- option'));
  return page.length > 0 ? { page } : {};
}

/** @param {PlaywrightSuite} suite @returns {PlaywrightSpec[]} */
function specsOf({ specs, suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}

/** @param {PlaywrightError} error */
function messageWithPlace({ message, location }) {
  return location ? `${message}\n    at ${relative(ROOT, location.file)}:${location.line}` : message;
}

/** @param {string} status of either runner @returns {TestResult['status']} */
function statusOf(status) {
  if (status === 'passed' || status === 'expected') return 'passed';
  return ['skipped', 'pending', 'todo', 'disabled'].includes(status) ? 'skipped' : 'failed';
}

/** @param {Omit<TestResult, 'status' | 'durationMs'>} result @returns {TestResult} of what is no test */
function failure(result) {
  return { ...result, status: 'failed', durationMs: 0 };
}

/** @param {readonly (string | undefined)[]} messages @returns {{ message?: string }} */
function withMessage(messages) {
  const message = messages.filter((text) => text).join('\n');
  return message === '' ? {} : { message: stripVTControlCharacters(message) };
}

/**
 * @param {readonly TestResult[]} results
 * @returns {string} every failed test with its suite, its file and the beginning of its message; '' when none failed
 */
export function describeFailures(results) {
  const failed = results.filter(({ status }) => status === 'failed');
  return failed.map((result) => `\n${describeFailure(result)}`).join('\n');
}

/** @param {TestResult} result */
function describeFailure({ suite, name, file, message = '', page = [] }) {
  const lines = message.split('\n').filter((line) => line.trim() !== '' && !OF_PACKAGES.test(line));
  return [
    `FAILED  ${suite}: ${name}`,
    ...(file ? [`  in ${file}`] : []),
    ...lines.slice(0, MESSAGE_LINES).map((line) => `  | ${line.slice(0, LINE_CHARACTERS)}`),
    ...(page.length > 0 ? ['  the page said:'] : []),
    ...page.slice(0, PAGE_LINES).map((line) => `  | ${line.slice(0, LINE_CHARACTERS)}`),
  ].join('\n');
}

/**
 * @param {readonly TestResult[]} results
 * @returns {string[]} how many tests were skipped, and each reason once; empty when none was
 */
export function describeSkipped(results) {
  const skipped = results.filter(({ status }) => status === 'skipped');
  if (skipped.length === 0) return [];
  const reasons = new Set(skipped.flatMap(({ skippedBecause = [] }) => skippedBecause));
  return [`${skipped.length} skipped`, ...[...reasons].map((reason) => `  ${reason}`)];
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
