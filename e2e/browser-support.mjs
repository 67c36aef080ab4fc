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

/**
 * @typedef {(typeof BROWSERS)[number]} BrowserName
 * @typedef {keyof typeof FEATURES} Role
 * @typedef {object} Finding
 * @property {BrowserName} browser
 * @property {Role} role
 * @property {string} feature
 * @property {string} found `works`, `fails`, or `fails: ` with the reason that was seen
 * @property {string} test its title
 * @typedef {{ type: string, description?: string }} Annotation
 * @typedef {object} Support
 * @property {Partial<Record<BrowserName, string>>} versions with which it was found
 * @property {Finding[]} findings
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

/** @param {unknown} report of Playwright @returns {Finding[]} of the tests that ran */
export function findingsIn(report) {
  return specsIn(report).flatMap(({ title, tests }) =>
    tests.flatMap(({ status, annotations = [] }) => {
      if (status === 'skipped') return [];
      const said = annotations.filter(({ type }) => type === SUPPORT).map(({ description = '' }) => description);
      return said.map((words) => {
        const [browser, role, feature, found] = words.split(' | ');
        const finding = { browser, role, feature, found: status === 'expected' ? found : 'fails', test: title };
        return /** @type {Finding} */ (finding);
      });
    }),
  );
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
 * Replaces what was recorded of the same, keeps the rest, and writes the tables.
 * @param {readonly Finding[]} findings
 * @param {Support['versions']} versions
 */
export async function record(findings, versions) {
  const support = merged(await recordedSupport(), findings, versions);
  await writeFile(FILE, `${JSON.stringify(support, null, 2)}\n`);
  for (const [file, table] of Object.entries(DOCUMENTS)) {
    const path = join(ROOT, file);
    await writeFile(path, withTable(await readFile(path, 'utf8'), table(support)));
  }
}

/**
 * @param {Support} recorded
 * @param {readonly Finding[]} findings of several tests of the same, any may fail
 * @param {Support['versions']} versions
 * @returns {Support}
 */
export function merged(recorded, findings, versions) {
  const newest = new Map(recorded.findings.map((finding) => [keyOf(finding), finding]));
  for (const finding of findings) newest.delete(keyOf(finding));
  for (const finding of findings) {
    const known = newest.get(keyOf(finding));
    if (!known || known.found === 'works') newest.set(keyOf(finding), finding);
  }
  const tested = Object.entries(versions).filter(([name]) => findings.some(({ browser }) => browser === name));
  return {
    versions: { ...recorded.versions, ...Object.fromEntries(tested) },
    findings: [...newest.values()].sort((one, other) => order(one) - order(other)),
  };
}

/** @param {Finding} finding */
function keyOf({ browser, role, feature }) {
  return `${browser} ${role} ${feature}`;
}

/** @param {Finding} finding */
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
    ...BROWSERS.map((browser) => foundIn(support, browser, role, feature) ?? 'not tested'),
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
  const found = FEATURES[role].map((feature) => ({ feature, found: foundIn(support, browser, role, feature) }));
  const tested = found.filter((row) => row.found !== undefined);
  if (tested.length === 0) return 'not tested';
  const working = tested.filter((row) => row.found === 'works').map(({ feature }) => feature);
  const others = tested.filter((row) => row.found !== 'works').map((row) => `${row.feature} ${row.found}`);
  const all = working.length === FEATURES[role].length ? ['all works'] : working;
  return [...all, ...others].join(', ');
}

/** @param {Support} support @param {BrowserName} browser @param {Role} role @param {string} feature */
function foundIn(support, browser, role, feature) {
  return support.findings.find((row) => row.browser === browser && row.role === role && row.feature === feature)?.found;
}

/** @param {Support} support @param {BrowserName} browser */
function named({ versions }, browser) {
  return [browser, versions[browser]].filter(Boolean).join(' ');
}

/** @param {string[]} head @param {string[][]} lines */
function tableOf(head, lines) {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
