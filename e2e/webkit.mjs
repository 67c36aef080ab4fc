import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installDebianPackage } from './debian.mjs';

/** Of Debian and Ubuntu: the driver, which brings the library with its small browser. */
const PACKAGE = 'webkit2gtk-driver';
const DRIVER = 'WebKitWebDriver';
/** Where distributions put the browser, which is not on the path. The newest interface first. */
const BROWSERS = ['x86_64-linux-gnu', 'aarch64-linux-gnu', '.'].flatMap((folder) =>
  ['webkitgtk-6.0', 'webkit2gtk-4.1', 'webkit2gtk-4.0'].map((name) => `/usr/lib/${folder}/${name}/MiniBrowser`),
);

/**
 * @typedef {object} WebKit
 * @property {string} driver speaks WebDriver over HTTP
 * @property {string} browser WebKitGTK's MiniBrowser
 */

/**
 * Finds WebKitGTK with its driver, or installs them if this is Debian and we are root.
 * @returns {Promise<WebKit | null>} null where the machine cannot have it: no other test needs it
 */
export async function ensureWebKit() {
  return findWebKit() ?? ((await installDebianPackage(PACKAGE)) ? findWebKit() : null);
}

/** @returns {WebKit | null} what is here */
export function findWebKit() {
  const starts = spawnSync(DRIVER, ['--help'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
  const browser = BROWSERS.find((path) => existsSync(path));
  return starts && browser ? { driver: DRIVER, browser } : null;
}

/** Why its tests are skipped, as a sentence. */
export const NO_WEBKIT = `There is no WebKitGTK with its driver here. On Debian and Ubuntu: sudo apt-get install ${PACKAGE}`;
