import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../deploy/child.mjs';

// What works in which browser, as tests found it: end-to-end tests say what they show, a run that is told to record keeps it, and documents and the
// page /check show what was recorded.

/** Type of the annotation of a test that shows that something works in a browser. */
export const SUPPORT = 'support';
export const BROWSERS = /** @type {const} */ (['Chromium', 'Firefox', 'WebKitGTK']);

/** Rows of the table: who does what. */
export const FEATURES = /** @type {const} */ ({
  everyone: ['every page loads', 'every page fits a phone'],
  volunteer: ['tasks', 'streams', 'its work goes on elsewhere when it leaves', 'a phone that is left and comes back'],
  gamer: [
    'tasks',
    'stream of a canvas',
    'stream of a track',
    'stream of a video',
    'stream of a camera',
    'sharpening by itself',
    'linked again after the server was away',
    'the game by touch, upright and turned',
  ],
  streams: ['VP8', 'VP9', 'AV1', 'H.264'],
});

/** What a test says that passed and yet could not tell, such as on a busy machine: nothing is recorded of it. */
export const UNCLEAR = 'unclear';

/**
 * @typedef {(typeof BROWSERS)[number]} BrowserName
 * @typedef {keyof typeof FEATURES} Role
 * @typedef {Partial<Record<string, string>>} Versions of browsers, by their names
 * @typedef {object} Finding
 * @property {BrowserName} browser
 * @property {Role} role
 * @property {string} feature
 * @property {string} found `works`, `fails`, or `fails: ` with the reason that was seen
 * @property {string} test its title
 * @property {string} [version] of the browser; none where it is not known
 * @typedef {Omit<Finding, 'test' | 'version'> & { versions: string[], tests: Pick<Finding, 'test' | 'found' | 'version'>[] }} Cell
 *   of the table: the worst that its tests found, and with which versions
 * @typedef {{ cells: Cell[] }} Support
 * @typedef {{ type: string, description?: string }} Annotation
 * @typedef {object} Outcome of a run
 * @property {Finding[]} findings
 * @property {string[]} silent titles of tests that failed before they said what they show
 * @property {string[]} timedOut titles of tests that ran out of time, which a busy machine explains as well
 * @property {string[]} skippedIn browsers of tests that were skipped
 */

const FILE = join(ROOT, 'shared/browser-support.json');
/** Documents with a table, and how each makes it. */
const DOCUMENTS = { 'docs/browsers.md': detailedTable, 'README.md': shortTable };
const BEGIN = '<!-- What tests found; written by a test run with --record. -->';
const END = '<!-- End of what tests found. -->';

/** @param {unknown} report of Playwright @returns {Annotation[]} of all its tests */
export function annotationsIn(report) {
  return specsIn(report).flatMap(({ tests }) => tests.flatMap(({ annotations = [] }) => annotations));
}

/** @param {unknown} report of Playwright @returns {Outcome} of the tests that ran */
export function outcomeOf(report) {
  /** @type {Outcome} */
  const outcome = { findings: [], silent: [], timedOut: [], skippedIn: [] };
  for (const { title, tests } of specsIn(report)) {
    for (const { status, results, annotations = [] } of tests) {
      const said = annotations.filter(({ type }) => type === SUPPORT).map(({ description = '' }) => description);
      if (status === 'skipped') outcome.skippedIn.push(...said.map((words) => words.split(' | ')[0] ?? ''));
      else if (results.some((result) => ENDED.includes(result.status ?? ''))) outcome.timedOut.push(title);
      else if (status !== 'expected' && said.length === 0) outcome.silent.push(title);
      else outcome.findings.push(...findingsOf(title, said, status === 'expected'));
    }
  }
  return outcome;
}

/** Statuses of what Playwright ended itself. */
const ENDED = ['timedOut', 'interrupted'];

/** @param {string} test its title @param {string[]} said the last of the same thing counts @param {boolean} hasPassed */
function findingsOf(test, said, hasPassed) {
  /** @type {Map<string, Finding>} */
  const findings = new Map();
  for (const words of said) {
    const [browser, role, feature, found] = words.split(' | ');
    const finding = /** @type {Finding} */ ({ browser, role, feature, found: hasPassed ? found : 'fails', test });
    findings.set(keyOf(finding), finding);
  }
  return [...findings.values()].filter(({ found }) => found !== UNCLEAR);
}

/** @param {unknown} report */
function specsIn(report) {
  const { suites } = /** @type {{ suites: import('./reports.mjs').PlaywrightSuite[] }} */ (report);
  return suites.flatMap(specsOf);
}

/** @param {import('./reports.mjs').PlaywrightSuite} suite @returns {import('./reports.mjs').PlaywrightSpec[]} */
function specsOf({ specs, suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}

/** @returns {Promise<Support>} what was recorded */
export async function recordedSupport() {
  return JSON.parse(await readFile(FILE, 'utf8'));
}

/**
 * Replaces what was recorded of the same tests, keeps the rest, and writes the tables.
 * @param {Outcome} outcome
 * @param {Versions} versions
 */
export async function record(outcome, versions) {
  const support = merged(await recordedSupport(), outcome, versions);
  await writeFile(FILE, `${JSON.stringify(support, null, 2)}\n`);
  for (const [file, table] of Object.entries(DOCUMENTS)) {
    const path = join(ROOT, file);
    await writeFile(path, withTable(await readFile(path, 'utf8'), table(support)));
  }
}

/**
 * @param {Support} recorded
 * @param {Pick<Outcome, 'findings' | 'silent'>} outcome of some tests or all
 * @param {Versions} versions with which it was found
 * @returns {Support}
 */
export function merged(recorded, { findings, silent }, versions) {
  const known = findingsIn(recorded).filter(({ test }) => !silent.includes(test));
  const found = findings.map((finding) => {
    const version = versions[finding.browser];
    return version === undefined ? finding : { ...finding, version };
  });
  const replaced = new Set(found.map(testKeyOf));
  return { cells: cellsOf([...known.filter((finding) => !replaced.has(testKeyOf(finding))), ...found]) };
}

/** @param {Support} support @returns {Finding[]} of all its tests */
export function findingsIn({ cells }) {
  return cells.flatMap(({ browser, role, feature, tests }) =>
    tests.map((tested) => ({ browser, role, feature, ...tested })),
  );
}

/** @param {readonly Finding[]} findings @returns {Cell[]} */
export function cellsOf(findings) {
  const keys = [...new Set(findings.map(keyOf))];
  const cells = keys.map((key) => cellOf(findings.filter((finding) => keyOf(finding) === key)));
  return cells.flat().sort((one, other) => order(one) - order(other));
}

/** @param {readonly Finding[]} findings of the same thing @returns {Cell[]} none of no findings */
function cellOf(findings) {
  const worst = worstOf(findings);
  if (!worst) return [];
  const { browser, role, feature, found } = worst;
  const titles = [...new Set(findings.map(({ test }) => test))].sort();
  // A test that ran more than once counts as what it found at worst.
  const tests = titles.flatMap((title) => worstOf(findings.filter(({ test }) => test === title)) ?? []);
  return [
    {
      ...{ browser, role, feature, found },
      versions: [...new Set(tests.flatMap(({ version = [] }) => version))].sort(),
      tests: tests.map(({ test, found, version }) => ({ test, found, ...(version !== undefined && { version }) })),
    },
  ];
}

/** @param {readonly Finding[]} findings */
function worstOf(findings) {
  return [...findings].sort((one, other) => badness(other) - badness(one))[0];
}

/** What users should hear first: that something fails, then what happens instead. @param {Pick<Finding, 'found'>} finding */
function badness({ found }) {
  if (found === 'fails') return 2;
  return found === 'works' ? 0 : 1;
}

/** @param {Pick<Finding, 'browser' | 'role' | 'feature'>} finding */
function keyOf({ browser, role, feature }) {
  return `${browser} ${role} ${feature}`;
}

/** @param {Finding} finding */
function testKeyOf(finding) {
  return `${keyOf(finding)} ${finding.test}`;
}

/** @param {Pick<Finding, 'browser' | 'role' | 'feature'>} finding */
function order({ browser, role, feature }) {
  const features = rows().findIndex((row) => row.role === role && row.feature === feature);
  return BROWSERS.length * features + BROWSERS.indexOf(browser);
}

/** @returns {{ role: Role, feature: string }[]} */
function rows() {
  return Object.entries(FEATURES).flatMap(([role, features]) =>
    features.map((feature) => ({ role: /** @type {Role} */ (role), feature })),
  );
}

/** Each document, and whether its table is the recorded one. @returns {Promise<{ file: string, isRight: boolean }[]>} */
export async function checkDocuments() {
  const support = await recordedSupport();
  return Promise.all(
    Object.entries(DOCUMENTS).map(async ([file, table]) => {
      const text = await readFile(join(ROOT, file), 'utf8');
      return { file, isRight: text === withTable(text, table(support)) };
    }),
  );
}

/** @param {string} text @param {string} table */
function withTable(text, table) {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`A document has no place for its table: ${BEGIN}`);
  return `${before}${BEGIN}\n${table}\n${END}${after}`;
}

/** Of browser, role and feature. @param {Support} support */
export function detailedTable(support) {
  const lines = rows().map(({ role, feature }) => [
    `${role}: ${feature}`,
    ...BROWSERS.map((browser) => {
      const cell = cellIn(support, browser, role, feature);
      return cell ? `${cell.found}${markOf(support, cell)}` : 'not tested';
    }),
  ]);
  return tableOf(['', ...BROWSERS.map((browser) => named(support, browser))], lines);
}

/** Of browser and role. @param {Support} support */
export function shortTable(support) {
  const roles = /** @type {Role[]} */ (Object.keys(FEATURES));
  const lines = roles.map((role) => [role, ...BROWSERS.map((browser) => roleIn(support, browser, role))]);
  return tableOf(['', ...BROWSERS.map((browser) => named(support, browser))], lines);
}

/** @param {Support} support @param {BrowserName} browser @param {Role} role */
function roleIn(support, browser, role) {
  const cells = FEATURES[role].flatMap((feature) => cellIn(support, browser, role, feature) ?? []);
  if (cells.length === 0) return 'not tested';
  const mark = (/** @type {Cell} */ cell) => markOf(support, cell);
  const [first] = cells;
  const isAll = cells.length === FEATURES[role].length && cells.every(({ found }) => found === 'works');
  if (first && isAll && cells.every((cell) => mark(cell) === mark(first))) return `all works${mark(first)}`;
  const working = cells.filter(({ found }) => found === 'works').map((cell) => `${cell.feature}${mark(cell)}`);
  const others = cells.filter(({ found }) => found !== 'works');
  return [...working, ...others.map((cell) => `${cell.feature} ${cell.found}${mark(cell)}`)].join(', ');
}

/** @param {Support} support @param {BrowserName} browser @param {Role} role @param {string} feature */
function cellIn({ cells }, browser, role, feature) {
  return cells.find((cell) => cell.browser === browser && cell.role === role && cell.feature === feature);
}

/** The versions of a cell, where its column's head names none. @param {Support} support @param {Cell} cell */
function markOf(support, { browser, versions }) {
  return versions.length === 0 || versionOf(support, browser) ? '' : ` (${versions.join(', ')})`;
}

/** The version in which everything of a browser was found, if it was one. @param {Support} support @param {BrowserName} browser */
function versionOf({ cells }, browser) {
  const versions = new Set(cells.filter((cell) => cell.browser === browser).flatMap((cell) => cell.versions));
  return versions.size === 1 ? [...versions][0] : undefined;
}

/** @param {Support} support @param {BrowserName} browser */
function named(support, browser) {
  return [browser, versionOf(support, browser)].filter(Boolean).join(' ');
}

/** @param {string[]} head @param {string[][]} lines */
function tableOf(head, lines) {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
