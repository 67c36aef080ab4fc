import { runChild } from './child.mjs';
import { npmCommand } from './install.mjs';

/** A machine without a network, or a registry that swallows requests, must not hold the check for long. */
const FETCH_TIMEOUT_MS = 10_000;
const TIMEOUT_MS = 30_000;

/** What fails the check. Lesser ones are printed: many do not concern how we use a package. */
const FAILING = ['high', 'critical'];

/**
 * @typedef {object} Verdict
 * @property {string} problems empty when there are none
 * @property {string} note what else there is to know; empty for nothing
 */

/**
 * Asks the registry for advisories about the packages that a production server installs. Those of tools and of the build are left out:
 * they handle our own files only.
 * @returns {Promise<Verdict>}
 */
export async function auditPackages() {
  const [program, npm] = npmCommand();
  const args = [...npm, 'audit', '--omit=dev', '--json', '--fetch-retries=0', `--fetch-timeout=${FETCH_TIMEOUT_MS}`];
  try {
    const { output } = await runChild(program, args, { quiet: true, timeoutMs: TIMEOUT_MS });
    return judgeAudit(output);
  } catch {
    // Without npm there is no registry to ask either.
    return skipped();
  }
}

/**
 * @param {string} output of `npm audit --json`, which may have warnings around it
 * @returns {Verdict}
 */
export function judgeAudit(output) {
  const report = jsonIn(output);
  if (!isObject(report?.vulnerabilities)) return skipped();
  /** @type {string[]} */
  const failing = [];
  /** @type {string[]} */
  const others = [];
  for (const [name, found] of Object.entries(report.vulnerabilities)) {
    const severity = isObject(found) ? String(found.severity) : 'unknown';
    const list = FAILING.includes(severity) ? failing : others;
    list.push(`${name} (${severity}): ${titlesOf(found)}`);
  }
  return {
    problems:
      failing.length === 0
        ? ''
        : `${failing.join('\n')}\nUpdate these packages, or those that bring them; npm audit --omit=dev tells more.`,
    note: others.length === 0 ? '' : `lesser advisories:\n${others.join('\n')}`,
  };
}

/** @returns {Verdict} */
function skipped() {
  return { problems: '', note: 'skipped: no registry that knows of advisories answers here' };
}

/** @param {unknown} found */
function titlesOf(found) {
  const via = isObject(found) && Array.isArray(found.via) ? found.via : [];
  return via.map((cause) => (isObject(cause) ? String(cause.title) : `through ${cause}`)).join('; ');
}

/** @param {string} output @returns {Record<string, unknown> | null} */
function jsonIn(output) {
  try {
    const parsed = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1));
    return isObject(parsed) ? parsed : null;
  } catch {
    // Not the answer of a registry.
    return null;
  }
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
