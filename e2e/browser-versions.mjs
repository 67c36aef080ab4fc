import { runChild } from '../deploy/child.mjs';
import { findBrowser } from './browser.mjs';
import { findFirefox } from './firefox.mjs';

/** Type of the annotation of a test that says which version its browser has, such as `WebKitGTK 2.50.6`. */
export const VERSION = 'browser-version';

/** How long a browser may take to say its version, ms. */
const VERSION_TIMEOUT_MS = 30_000;

/**
 * The versions of the browsers that are here and say theirs without a screen; tests in others tell it ({@link versionsIn}).
 * @returns {Promise<import('./browser-support.mjs').Versions>}
 */
export async function browserVersions() {
  const programs = { Chromium: await findBrowser(), Firefox: findFirefox() };
  const versions = await Promise.all(
    Object.entries(programs).map(async ([name, program]) => {
      const version = program && (await versionOf(program));
      return version ? [[name, version]] : [];
    }),
  );
  return Object.fromEntries(versions.flat());
}

/**
 * Such as 153.4 of "Mozilla Firefox 153.4.0esr": what changes more often than that says nothing to a person.
 * @param {string} words @returns {string | undefined}
 */
export function versionIn(words) {
  return /\d+\.\d+/.exec(words)?.[0];
}

/**
 * What tests said of the browsers that they ran in.
 * @param {readonly import('./browser-support.mjs').Annotation[]} annotations
 * @returns {import('./browser-support.mjs').Versions}
 */
export function versionsIn(annotations) {
  const said = annotations.filter(({ type }) => type === VERSION).map(({ description = '' }) => description);
  return Object.fromEntries(
    said.flatMap((words) => {
      const [browser = ''] = words.split(' ');
      const version = versionIn(words);
      return version === undefined ? [] : [[browser, version]];
    }),
  );
}

/** @param {string} program */
async function versionOf(program) {
  const { code, output } = await runChild(program, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS, quiet: true });
  return code === 0 ? versionIn(output) : undefined;
}
