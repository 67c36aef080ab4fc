import { runChild } from '../deploy/child.mjs';
import { findBrowser } from './browser.mjs';
import { findFirefox } from './firefox.mjs';
import { findWebKit } from './webkit.mjs';

/** How long a browser may take to say its version, ms. */
const VERSION_TIMEOUT_MS = 30_000;

/**
 * The versions of the browsers that are here.
 * @returns {Promise<import('./browser-support.mjs').Support['versions']>}
 */
export async function browserVersions() {
  const programs = { Chromium: await findBrowser(), Firefox: findFirefox(), WebKitGTK: findWebKit()?.driver };
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

/** @param {string} program */
async function versionOf(program) {
  const { code, output } = await runChild(program, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS, quiet: true });
  return code === 0 ? versionIn(output) : undefined;
}
