import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright/test';
import { SetupError } from '../deploy/failure.mjs';
import { installDebianPackage } from './debian.mjs';
import { launchOptions } from './launch.mjs';

/** Installs Xvfb, a virtual screen, if it is missing. Throws SetupError with what to do if that fails. */
export async function ensureXvfb(): Promise<void> {
  // Other systems have a screen, or cannot have Xvfb.
  if (process.platform !== 'linux' || hasXvfb()) return;
  if ((await installDebianPackage('xvfb')) && hasXvfb()) return;
  throw new SetupError(
    'Only a browser with a screen hides pages, and there is no Xvfb to be one. Install it, then run this again: sudo apt-get install xvfb',
  );
}

/** Launches a browser with real windows, whose tabs can be hidden, on a virtual screen of its own. */
export async function launchHeaded(flags: readonly string[] = []): Promise<HeadedBrowser> {
  await ensureXvfb();
  const profile = await mkdtemp(join(tmpdir(), 'p2c2r-headed-'));
  const screen = process.platform === 'linux' ? await startScreen() : null;
  const clear = async () => {
    await screen?.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const running = await startBrowser([...flags, `--user-data-dir=${profile}`], screen?.display);
    return new HeadedBrowser(running.browser, async () => {
      await running.browser.close();
      await running.process.stop();
      await clear();
    });
  } catch (cause) {
    await clear();
    throw cause;
  }
}

export class HeadedBrowser {
  readonly #browser: Browser;
  readonly close: () => Promise<void>;

  constructor(browser: Browser, close: () => Promise<void>) {
    this.#browser = browser;
    this.close = close;
  }

  /** Opens a window with one page; all windows share one context. */
  async newWindow(): Promise<Page> {
    const session = await this.#browser.newBrowserCDPSession();
    const opened = this.#context.waitForEvent('page');
    await session.send('Target.createTarget', { url: 'about:blank', newWindow: true });
    await session.detach();
    return opened;
  }

  /** Brings a new tab to the front of the page's window. */
  async hide(page: Page): Promise<void> {
    await page.bringToFront();
    const opened = this.#context.waitForEvent('page');
    await page.evaluate(() => {
      window.open('about:blank');
    });
    await (await opened).bringToFront();
  }

  get #context(): BrowserContext {
    const [context] = this.#browser.contexts();
    if (!context) throw new Error('The browser closed.');
    return context;
  }
}

function hasXvfb(): boolean {
  return spawnSync('Xvfb', ['-help'], { stdio: 'ignore' }).error === undefined;
}

/** Starts a screen with the first free number, which Xvfb writes to the pipe. */
export async function startScreen(): Promise<{ display: string; stop(): Promise<void> }> {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const process = endable(screen);
  const number = await firstLine(screen, screen.stdio[3] as Readable, /^(\d+)$/);
  if (number === null) throw new SetupError('Xvfb ended as soon as it was started. Try it by hand: Xvfb :99');
  return { display: `:${number}`, stop: process.stop };
}

/**
 * Starts the browser without Playwright's launcher, whose flags disable the throttling of hidden pages and emulate focus: the browsers
 * of gamers and volunteers do neither.
 */
async function startBrowser(flags: readonly string[], display: string | undefined) {
  const { args = [], executablePath = chromium.executablePath() } = await launchOptions({ hasWebgpu: false });
  const browser = spawn(executablePath, [...args, ...flags, '--remote-debugging-port=0', 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...(display && { DISPLAY: display }) },
  });
  const running = endable(browser);
  const address = await firstLine(browser, browser.stderr, /DevTools listening on (ws:\S+)/);
  if (address === null) throw new SetupError(`${executablePath} ended as soon as it was started with a window.`);
  return { process: running, browser: await chromium.connectOverCDP(address, { noDefaults: true }) };
}

/** Returns the first group of the first line that matches; null if the process ends before. */
async function firstLine(process: ChildProcess, output: Readable, pattern: RegExp): Promise<string | null> {
  const found = new Promise<string>((resolve) => {
    createInterface(output).on('line', (line) => {
      const [, found] = pattern.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  return Promise.race([found, once(process, 'exit').then(() => null)]);
}

function endable(process: ChildProcess): { stop(): Promise<void> } {
  const ended = once(process, 'exit');
  return {
    async stop() {
      process.kill('SIGTERM');
      await ended;
    },
  };
}
