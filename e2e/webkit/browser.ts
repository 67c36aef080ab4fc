import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startScreen } from '../headed.ts';
import type { WebKit } from '../webkit.mjs';

/** How often the driver is asked whether it listens, and how often at most. */
const START_INTERVAL_MS = 100;
const START_ATTEMPTS = 200;

declare global {
  interface Window {
    uncaught: string[];
  }
}

/** WebKitGTK's small browser on a virtual screen, driven by W3C WebDriver (https://www.w3.org/TR/webdriver2/). */
export class WebKitBrowser {
  /** Of WebKitGTK, such as 2.50.6. */
  readonly version: string;
  readonly #driver: ChildProcess;
  readonly #screen: { stop(): Promise<void> };
  readonly #address: string;

  private constructor(driver: ChildProcess, screen: { stop(): Promise<void> }, address: string, version: string) {
    this.#driver = driver;
    this.#screen = screen;
    this.#address = address;
    this.version = version;
  }

  static async launch({ driver: program, browser: binary }: WebKit): Promise<WebKitBrowser> {
    const port = await freePort();
    const screen = await startScreen();
    const driver = spawn(program, [`--port=${port}`], {
      stdio: 'ignore',
      env: { ...process.env, DISPLAY: screen.display, GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1' },
    });
    await started(port);
    const { sessionId, capabilities } = await command(`http://127.0.0.1:${port}/session`, {
      capabilities: {
        alwaysMatch: {
          'webkitgtk:browserOptions': { binary, args: ['--automation'] },
        },
      },
    });
    const { browserVersion } = capabilities as { browserVersion?: string };
    return new WebKitBrowser(driver, screen, `http://127.0.0.1:${port}/session/${sessionId}`, browserVersion ?? '');
  }

  /**
   * Resolves when the page has loaded; from then on its {@link errors} are kept. The driver tells no console lines, so errors before that are seen only
   * where the page itself says that it did not start.
   */
  async goto(url: string): Promise<void> {
    await command(`${this.#address}/url`, { url });
    await this.evaluate(() => {
      window.uncaught = [];
      const { console } = globalThis;
      const log = console.error;
      console.error = (...words: unknown[]) => {
        window.uncaught.push(words.map(String).join(' '));
        log(...words);
      };
      addEventListener('error', ({ message }) => window.uncaught.push(message));
      addEventListener('unhandledrejection', ({ reason }) => window.uncaught.push(String(reason)));
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        window.uncaught.push(`${violatedDirective} ${blockedURI}`),
      );
    });
  }

  /** What the page wrote to the console as errors, or did not catch, since it loaded. */
  errors(): Promise<string[]> {
    return this.evaluate(() => window.uncaught);
  }

  /** Calls a function in the page. Argument and result are JSON. */
  async evaluate<Result, Given = undefined>(
    call: (given: Given) => Result | Promise<Result>,
    ...args: Given extends undefined ? [] : [Given]
  ): Promise<Result> {
    const script = `
      const [given, done] = arguments.length > 1 ? arguments : [undefined, arguments[0]];
      Promise.resolve((${call})(given)).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await command(`${this.#address}/execute/async`, { script, args });
    if (error !== undefined) throw new Error(String(error));
    return value as Result;
  }

  async close(): Promise<void> {
    await fetch(this.#address, { method: 'DELETE' }).catch(() => {});
    const ended = once(this.#driver, 'exit');
    this.#driver.kill('SIGTERM');
    await ended;
    await this.#screen.stop();
  }
}

/** Posts a command and returns its value. Throws an Error with what the driver says. */
async function command(url: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const { value } = (await response.json()) as { value: Record<string, unknown> | null };
  if (!response.ok) throw new Error(`${url}: ${value?.error}: ${value?.message}`);
  return value ?? {};
}

async function started(port: number): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/status`).catch(() => null);
    if (answer?.ok) return;
    await sleep(START_INTERVAL_MS);
  }
  throw new Error('WebKitWebDriver does not answer.');
}

/** It takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
