import { spawnSync } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ROOT, runChild } from '../deploy/child.mjs';
import { SetupError } from '../deploy/failure.mjs';
import { installDebianPackage } from './debian.mjs';

export const WEBGPU_FLAG = '--enable-unsafe-webgpu';

/**
 * Flags for tests, which load only our own pages: WebGPU without a GPU, in a container, without contact to the internet. A volunteer's
 * Chromium has flags of its own (deploy/sandbox.mjs).
 */
export const CHROMIUM_FLAGS = Object.freeze([
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  WEBGPU_FLAG,
]);

const VARIABLES = ['P2C2R_CHROMIUM', 'CHROME_PATH'];
const ON_PATH = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ELSEWHERE = [
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Playwright tries several hosts; one that drops packets must not delay us for long. */
const CONNECT_TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

/**
 * The Chromium or Chrome to test with: the one named by P2C2R_CHROMIUM or CHROME_PATH, Playwright's own, or the system's.
 * @returns {Promise<string | undefined>} its executable
 * @throws {SetupError} when a variable names one that does not start
 */
export async function findBrowser() {
  for (const variable of VARIABLES) {
    const named = process.env[variable];
    if (!named) continue;
    if (await starts(named)) return named;
    throw new SetupError(
      `${variable} is ${named}, which does not start. Let it name the executable of Chromium or Chrome, or unset it.`,
    );
  }
  const { chromium } = await import('playwright');
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const onPath = ON_PATH.flatMap((name) => folders.map((folder) => join(folder, name)));
  for (const candidate of [chromium.executablePath(), ...onPath, ...ELSEWHERE]) {
    if (candidate && (await starts(candidate))) return candidate;
  }
  return undefined;
}

/**
 * The same, but installs one if there is none: Playwright's download, or else Debian's package.
 * @returns {Promise<string>} its executable
 * @throws {SetupError} with what to do if none can be installed
 */
export async function ensureBrowser() {
  const found = await findBrowser();
  if (found) return found;
  await downloadBrowser();
  const downloaded = await findBrowser();
  if (downloaded) return downloaded;
  if (await installDebianPackage('chromium')) {
    const installed = await findBrowser();
    if (installed) return installed;
  }
  throw new SetupError(
    'There is no Chromium or Chrome to test with, and none could be installed. Do one of these, then run this again:\n' +
      '  - install Chromium or Chrome, such as: sudo apt-get install chromium\n' +
      '  - npx playwright install --with-deps chromium\n' +
      '  - name its executable: P2C2R_CHROMIUM=/path/to/chrome npm test',
  );
}

async function downloadBrowser() {
  console.log("No browser found. Downloading Playwright's Chromium ...");
  const cli = join(ROOT, 'node_modules/playwright/cli.js');
  const { code } = await runChild(process.execPath, [cli, 'install', '--no-shell', 'chromium'], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: String(CONNECT_TIMEOUT_MS) },
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    quiet: true,
  });
  console.log(code === 0 ? 'Downloaded.' : 'It cannot be had here.');
}

/**
 * Whether it starts: Chromium may be installed without the libraries that it needs.
 * @param {string} executable
 */
async function starts(executable) {
  try {
    await access(executable, constants.X_OK);
  } catch {
    // Missing, or not executable.
    return false;
  }
  // On Windows it would open a window instead of printing its version.
  if (process.platform === 'win32') return true;
  return spawnSync(executable, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}
