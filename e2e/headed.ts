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

/** Makes sure of Xvfb, a screen that nobody sees. Throws SetupError with what to do where it cannot be had. */
export async function ensureXvfb(): Promise<void> {
  // Elsewhere browsers find a screen, or nobody can give them one.
  if (process.platform !== 'linux' || hasXvfb()) return;
  if ((await installDebianPackage('xvfb')) && hasXvfb()) return;
  throw new SetupError(
    'Only a browser with a screen hides pages, and there is no Xvfb to be one. Install it, then run this again: sudo apt-get install xvfb',
  );
}

/** A browser with windows whose tabs can be hidden, on a screen of its own. */
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

  /** A window with one page; `page.context()` is that of all windows. */
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

/** On the first number that is free, which Xvfb tells on the pipe it is given. */
async function startScreen(): Promise<{ display: string; stop(): Promise<void> }> {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const process = endable(screen);
  const number = await firstLine(screen, screen.stdio[3] as Readable, /^(\d+)$/);
  if (number === null) throw new SetupError('Xvfb ended as soon as it was started. Try it by hand: Xvfb :99');
  return { display: `:${number}`, stop: process.stop };
}

/**
 * Not by Playwright's own launch, which keeps hidden pages as busy as shown ones and has every page believe that it is looked at:
 * browsers of gamers and volunteers do neither.
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

/** What the pattern finds in the first line that it fits; null when the process ends before. */
async function firstLine(process: ChildProcess, output: Readable, pattern: RegExp): Promise<string | null> {
  const found = new Promise<string>((resolve) => {
    createInterface(output).on('line', (line) => {
      const [, told] = pattern.exec(line) ?? [];
      if (told !== undefined) resolve(told);
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
