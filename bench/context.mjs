import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright';
import { ensureBuilt } from '../deploy/build.mjs';
import { ROOT, runChild } from '../deploy/child.mjs';
import { SetupError } from '../deploy/failure.mjs';
import { ensureBrowser } from '../e2e/browser.mjs';
import { launchOptions } from '../e2e/launch.mjs';
import { startServer } from '../e2e/server-process.mjs';

/** How long a child may take to end by itself before it is killed. */
const END_GRACE_MS = 2_000;

/** What a section is given; whatever it starts here is ended with the section. */
export class BenchContext {
  /** @type {(() => Promise<unknown>)[]} */
  #endings = [];
  /** @type {Promise<string> | undefined} */
  #folder;
  /** @type {Promise<void> | undefined} */
  #ended;
  #name;
  /** How long a section that may run long shall run. @readonly */
  minutes;

  /** Where real games' frames are, if they are. @readonly */
  framesDir;

  /**
   * @param {string} name the section's
   * @param {{ minutes: number, framesDir: string }} settings
   */
  constructor(name, { minutes, framesDir }) {
    this.#name = name;
    this.minutes = minutes;
    this.framesDir = framesDir;
  }

  /** A line of progress. @param {string} line */
  say(line) {
    console.log(line);
  }

  /** Called at the section's end, the latest first. @param {() => Promise<unknown>} ending */
  defer(ending) {
    this.#endings.push(ending);
  }

  /**
   * A server of the present sources, as self-hosters run it, which also serves bench/pages/ as /bench/.
   * @param {Record<string, string>} [env]
   * @param {readonly import('./variants.mjs').Variant[]} [variants] of the SDK that it serves as well
   * @param {readonly string[]} [modules] TypeScript that it serves bundled, such as `bench/quality/page.ts` as /bench/quality.js
   */
  async startServer(env = {}, variants = [], modules = []) {
    const { serverFile, pagesDir } = await ensureBuilt();
    const served = join(await this.#ownFolder(), 'pages');
    await cp(pagesDir, served, { recursive: true });
    await cp(join(ROOT, 'bench/pages'), join(served, 'bench'), { recursive: true });
    if (variants.length > 0) await runBundler('bench/bundle-sdk.mjs', join(served, 'bench'), variants);
    if (modules.length > 0) await runBundler('bench/bundle-page.mjs', join(served, 'bench'), modules);
    await cp(join(ROOT, 'node_modules/peerjs/dist/peerjs.min.js'), join(served, 'bench/peerjs.js'));
    const server = await startServer({ serverFile, pagesDir: served }, { env });
    this.defer(() => server.stop());
    return server;
  }

  /** @param {readonly string[]} [flags] beside the usual ones */
  async launchBrowser(flags = []) {
    const options = await this.#launchOptions(flags);
    const browser = await chromium.launch(options);
    this.defer(() => browser.close());
    return browser;
  }

  /**
   * The same as a process group of its own, which can be killed as a whole.
   * @param {readonly string[]} [flags]
   */
  async launchMortalBrowser(flags = []) {
    const server = await chromium.launchServer(await this.#launchOptions(flags));
    this.defer(() => server.close());
    const browser = await chromium.connect(server.wsEndpoint());
    const { pid } = server.process();
    if (pid === undefined) throw new Error('The browser to be killed did not start.');
    return { browser, kill: () => process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL') };
  }

  /**
   * Bundles TypeScript of bench/ for Node, with what it imports of web/ and shared/.
   * @param {readonly string[]} entries such as `bench/simulated/pool.ts`
   * @returns {Promise<string[]>} the module of each, in the same order
   */
  async bundle(entries) {
    const folder = join(await this.#ownFolder(), 'node');
    await runBundler('bench/bundle.mjs', folder, entries);
    return entries.map((entry) => join(folder, `${basename(entry, '.ts')}.mjs`));
  }

  /**
   * Bundles one entry and imports it here. A simulated section is no more than this:
   *
   *     const pool = await context.load('bench/simulated/pool.ts');
   *     return [figure('efficiency of 8 volunteers', pool.efficiency(8), '', { atLeast: 0.9 })];
   *
   * with `pool` declared as `typeof import('../simulated/pool.ts')`, which is what gives the call its type.
   *
   * @template Exports
   * @param {string} entry
   * @returns {Promise<Exports>}
   */
  async load(entry) {
    const [file] = await this.bundle([entry]);
    return import(pathToFileURL(file ?? '').href);
  }

  /**
   * Runs a module in a Node process of its own, to talk with by messages; killed at the section's end if it has not ended.
   * @param {string} file
   * @param {readonly string[]} [args]
   */
  startNode(file, args = []) {
    const child = fork(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const ended = once(child, 'exit');
    this.defer(async () => {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), END_GRACE_MS);
      if (child.exitCode === null && child.signalCode === null) await ended;
      clearTimeout(timer);
    });
    return child;
  }

  /** Once, whoever asks; resolves when everything has ended. */
  end() {
    this.#ended ??= this.#endAll();
    return this.#ended;
  }

  async #endAll() {
    for (const ending of this.#endings.splice(0).reverse()) {
      await ending().catch((cause) => console.error('A section could not be cleaned up:', cause));
    }
  }

  /** Inside the checkout, where imports of packages find node_modules. */
  #ownFolder() {
    this.#folder ??= (async () => {
      // By this name the next build removes it, should we be killed.
      const folder = join(ROOT, `.build/unfinished-bench-${this.#name}-${process.pid}`);
      await mkdir(folder, { recursive: true });
      // First in, last out: the server serves from it.
      this.#endings.unshift(() => rm(folder, { recursive: true, force: true }));
      return folder;
    })();
    return this.#folder;
  }

  /** @param {readonly string[]} flags */
  async #launchOptions(flags) {
    process.env.P2C2R_BROWSER ??= await ensureBrowser();
    const options = await launchOptions();
    // A signal ends the section, and the section its browsers.
    const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
    return { ...options, ...signals, args: [...(options.args ?? []), ...flags] };
  }
}

/**
 * @param {string} script
 * @param {string} folder where to
 * @param {readonly string[]} what
 */
async function runBundler(script, folder, what) {
  const { code, output } = await runChild(process.execPath, [join(ROOT, script), folder, ...what], { quiet: true });
  if (code !== 0) throw new SetupError(`${output.trim()}\n\n${script} failed; the reason is above.`);
}
