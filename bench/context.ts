import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { ensureBuilt } from '../deploy/build.mjs';
import { ensureBrowser } from '../e2e/browser.mjs';
import type { AnyPage } from '../e2e/firefox/fixtures.ts';
import { launchOptions } from '../e2e/launch.mjs';
import { startServer } from '../e2e/server-process.mjs';
import type { Codec } from '../web/stream/codec/codecs.ts';
import { bundlePages, bundleSdk, type Variant } from './bundles.ts';
import type { Call, Reply } from './child.ts';
import type * as VolunteerPage from './pages/volunteer.ts';
import type { Row } from './report.ts';

/** How long a child process may take to end by itself before it is killed. */
const END_GRACE_MS = 2_000;
/** Lets pages of two browsers connect: otherwise they hide their addresses behind names that only a network can resolve. */
export const SHOW_ADDRESSES = '--disable-features=WebRtcHideLocalIpsWithMdns';

export interface Settings {
  /** How long a section that can run for any time runs. */
  minutes: number;
  /** Where recorded frames of games are. */
  framesDir: string;
  /** A recorded clip, how many of its frames to measure, and the codec of both ways; null: the best. */
  clip: string;
  clipFrames: number;
  codec: Codec | null;
  /** Size of a live source, pixels. */
  size: { width: number; height: number };
  /** A folder of the ONNX standard's node tests; null: none was given. */
  onnxDir: string | null;
  /** A folder of maps of the Moving AI benchmark; null: none was given. */
  gridsDir: string | null;
  /** Where modules for child processes were bundled to. */
  bundleDir: string;
}

/** A named group of measurements: `npm run bench -- NAME` runs one. */
export interface Section {
  name: string;
  /** One line for `--list`. */
  about: string;
  /** It takes too long to run with all others. */
  onlyWhenNamed?: boolean;
  run(context: Context): Promise<Row[]>;
}

type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;
type ResultOf<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** Exports of a module that runs in a page or in another process; arguments and results are cloned. */
export interface Remote<Module> {
  call<Name extends keyof Module & string>(
    name: Name,
    ...args: ArgumentsOf<Module[Name]>
  ): Promise<ResultOf<Module[Name]>>;
}

export interface RemotePage<Module> extends Remote<Module> {
  readonly page: Page;
}

/** A page of any browser. */
type LoadablePage = AnyPage & { goto(url: string): Promise<unknown> };

export interface RemoteProcess<Module> extends Remote<Module> {
  readonly pid: number;
  kill(): void;
}

interface BrowserOptions {
  /** Command line flags of the browser. */
  flags?: readonly string[];
  /** Whether its pages may play sound and can be heard. */
  isAudible?: boolean;
}

interface SiteOptions extends BrowserOptions {
  /** Modules of bench/pages/ that the server serves as `/bench/NAME.js`. */
  modules: readonly string[];
  /** Variants of the SDK that it serves as well. */
  variants?: readonly Variant[];
  context?: BrowserContextOptions;
}

/** What a section measures with. Whatever it starts here ends with the section. */
export class Context {
  readonly #endings: (() => Promise<unknown>)[] = [];
  #ended: Promise<void> | undefined;

  constructor(readonly settings: Settings) {}

  /** Registers what to do when the section ends; the latest is done first. */
  defer(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  /** Starts the server as self-hosters run it. */
  async startServer(options: { env?: Record<string, string>; port?: number; pagesDir?: string } = {}) {
    const { serverFile, pagesDir } = await ensureBuilt();
    const server = await startServer({ serverFile, pagesDir: options.pagesDir ?? pagesDir }, options);
    this.defer(() => server.stop());
    return server;
  }

  /** Starts a server that also serves modules of bench/pages/, and a browser. */
  async openSite({ modules, variants = [], context = {}, ...ofBrowser }: SiteOptions): Promise<Site> {
    const pagesDir = await mkdtemp(join(this.settings.bundleDir, 'pages-'));
    await cp((await ensureBuilt()).pagesDir, pagesDir, { recursive: true });
    await bundlePages(join(pagesDir, 'bench'), ['volunteer', ...modules]);
    // Beside the pages: the SDK connects to where it lies.
    await bundleSdk(pagesDir, variants);
    const { url } = await this.startServer({ pagesDir });
    const browser = await chromium.launch(await browserOptions(ofBrowser));
    this.defer(() => browser.close());
    return new Site(url, browser, await browser.newContext(context));
  }

  /** Launches a browser as a process group of its own, which can be killed as a whole. */
  async launchKillableBrowser(): Promise<{ pages: BrowserContext; kill(): void }> {
    const server = await chromium.launchServer(await browserOptions({ flags: [SHOW_ADDRESSES] }));
    this.defer(() => server.close());
    const browser = await chromium.connect(server.wsEndpoint());
    const { pid } = server.process();
    if (pid === undefined) throw new Error('The browser to be killed did not start.');
    const kill = () => void process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
    return { pages: await browser.newContext(), kill };
  }

  /**
   * Starts a process to call exports of a module of bench/ in, one at a time, such as `server/clients`; bench/run.mjs lists these modules.
   */
  startProcess<Module>(module: string): RemoteProcess<Module> {
    const child = fork(join(this.settings.bundleDir, 'child.mjs'), [join(this.settings.bundleDir, `${module}.mjs`)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Keeps NaN, infinities and typed arrays.
      serialization: 'advanced',
    });
    const ended = once(child, 'exit');
    this.defer(async () => {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), END_GRACE_MS);
      if (child.exitCode === null && child.signalCode === null) await ended;
      clearTimeout(timer);
    });
    const died = ended.then(([code, signal]) => {
      throw new Error(`A process of the bench ended while it was working: ${signal ?? `exit code ${code}`}.`);
    });
    died.catch(() => {});
    return {
      pid: child.pid ?? Number.NaN,
      kill: () => void child.kill('SIGKILL'),
      async call(name, ...args) {
        child.send({ name, args } satisfies Call);
        const [reply] = (await Promise.race([once(child, 'message'), died])) as [Reply];
        if ('error' in reply) throw new Error(reply.error);
        return reply.value as never;
      },
    };
  }

  /** Ends everything, once; resolves when all has ended. */
  end(): Promise<void> {
    this.#ended ??= (async () => {
      for (const ending of this.#endings.splice(0).reverse()) {
        await ending().catch((cause) => console.error('A section could not be cleaned up:', cause));
      }
    })();
    return this.#ended;
  }
}

/** A server and a browser with pages of it. */
export class Site {
  constructor(
    readonly url: string,
    readonly browser: Browser,
    /** Where pages open unless another browser context is given. */
    readonly pages: BrowserContext,
  ) {}

  /** Opens a page that has loaded nothing yet; calls load the module, which keeps its state between them. */
  async page<Module>(module: string, pages = this.pages): Promise<RemotePage<Module>> {
    const page = await pages.newPage();
    return { page, ...(await this.load<Module>(module, page)) };
  }

  /** Has an open page of any browser call exports of a module. */
  async load<Module>(module: string, page: LoadablePage): Promise<Remote<Module>> {
    await page.goto(new URL('/healthz', this.url).href);
    const call = (name: string, ...args: unknown[]) =>
      page.evaluate(async ([url, key, values]) => (await import(url))[key](...values), [
        `/bench/${module}.js`,
        name,
        args,
      ] as const);
    return { call };
  }

  /** Opens a volunteer's page. */
  async volunteer(options: Parameters<typeof VolunteerPage.volunteer>[0] = {}, pages = this.pages) {
    const volunteer = await this.page<typeof VolunteerPage>('volunteer', pages);
    return { ...volunteer, capabilities: await volunteer.call('volunteer', options) };
  }
}

async function browserOptions({ flags = [], isAudible = false }: BrowserOptions) {
  process.env.P2C2R_BROWSER ??= await ensureBrowser();
  const options = await launchOptions({ isAudible });
  // A signal ends the section, and the section ends its browsers.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  return { ...options, ...signals, args: [...(options.args ?? []), ...flags] };
}
