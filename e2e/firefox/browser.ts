import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureFirefox } from '../firefox.mjs';
import { BidiSession } from './bidi.ts';

/** Of a profile for tests: nothing is fetched but our pages, a camera is simulated, and two browsers of one machine find each other. */
const PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.startup.page': 0,
  'browser.topsites.contile.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  // Its viewer of JSON lets no script in.
  'devtools.jsonview.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'media.autoplay.default': 0,
  'media.gmp-manager.updateEnabled': false,
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'http://localhost:1',
  'toolkit.telemetry.enabled': false,
  'toolkit.startup.max_resumed_crashes': -1,
};

/** Firefox without a window. */
export class Firefox {
  readonly #process: ChildProcess;
  readonly #session: BidiSession;
  readonly #profile: string;

  private constructor(process: ChildProcess, session: BidiSession, profile: string) {
    this.#process = process;
    this.#session = session;
    this.#profile = profile;
  }

  static async launch(preferences: Record<string, string | number | boolean> = {}): Promise<Firefox> {
    const program = await ensureFirefox();
    const profile = await mkdtemp(join(tmpdir(), 'p2c2r-firefox-'));
    const lines = Object.entries({ ...PREFERENCES, ...preferences }).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    await writeFile(join(profile, 'user.js'), lines.join(''));
    const args = ['--headless', '--no-remote', '--remote-debugging-port', '0', '--profile', profile];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const session = await BidiSession.open(await addressOf(child));
    await session.send('session.subscribe', { events: ['log.entryAdded'] });
    return new Firefox(child, session, profile);
  }

  /** A page that shares neither storage nor workers with others. */
  async newPage(): Promise<FirefoxPage> {
    const { userContext } = await this.#session.send('browser.createUserContext', {});
    const { context } = await this.#session.send('browsingContext.create', { type: 'tab', userContext });
    return new FirefoxPage(this.#session, String(context), String(userContext));
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    await this.#session.send('browser.close', {}).catch(() => this.#process.kill('SIGKILL'));
    await ended;
    this.#session.close();
    await rm(this.#profile, { recursive: true, force: true });
  }
}

/** It prints the address of its WebSocket server. */
async function addressOf({ stderr }: ChildProcess): Promise<string> {
  if (!stderr) throw new Error('Firefox has no standard error output.');
  for await (const line of createInterface(stderr)) {
    const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
    if (address) {
      stderr.resume();
      return address;
    }
  }
  throw new Error('Firefox ended before it listened.');
}

/** What `script.callFunction` answers. */
interface CallResult {
  type?: string;
  result?: { value?: string };
  exceptionDetails?: { text?: string };
}

/** A tab of {@link Firefox}, with the part of Playwright's page that the tests need. */
export class FirefoxPage {
  /** Errors that the page wrote to the console or did not catch. */
  readonly errors: string[] = [];
  readonly #session: BidiSession;
  readonly #context: string;
  readonly #userContext: string;

  constructor(session: BidiSession, context: string, userContext: string) {
    this.#session = session;
    this.#context = context;
    this.#userContext = userContext;
    session.on('log.entryAdded', ({ level, text, source }) => {
      if (level === 'error' && (source as { context?: string })?.context === context) this.errors.push(String(text));
    });
  }

  async goto(url: string): Promise<void> {
    await this.#session.send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /** Calls a function in the page, as if the user had just clicked there. Argument and result are JSON. */
  async evaluate<Result, Given = undefined>(
    call: (given: Given) => Result | Promise<Result>,
    ...[given]: Given extends undefined ? [] : [Given]
  ): Promise<Result> {
    const answer: CallResult = await this.#session.send('script.callFunction', {
      functionDeclaration: `async (given) => JSON.stringify(await (${call})(given === undefined ? undefined : JSON.parse(given)))`,
      arguments: [given === undefined ? { type: 'undefined' } : { type: 'string', value: JSON.stringify(given) }],
      target: { context: this.#context },
      awaitPromise: true,
      userActivation: true,
    });
    if (answer.type !== 'success') throw new Error(answer.exceptionDetails?.text ?? 'The page threw.');
    return answer.result?.value === undefined ? (undefined as Result) : JSON.parse(answer.result.value);
  }

  async close(): Promise<void> {
    await this.#session.send('browsingContext.close', { context: this.#context });
    await this.#session.send('browser.removeUserContext', { userContext: this.#userContext });
  }
}
