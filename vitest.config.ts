/// <reference types="@vitest/browser/providers/playwright" />
import { fileURLToPath } from 'node:url';
import type { LaunchOptions } from 'playwright';
import type { Plugin } from 'vite';
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { BrowserConfigOptions } from 'vitest/node';
import { wasmKernels } from './deploy/assembly-script.mjs';
import { bundledWorkers } from './e2e/bundled-workers.mjs';
import { launchOptions, systemGlOptions } from './e2e/launch.mjs';
import pages from './vite.config.ts';

const IN_BROWSER = '**/*.browser.test.{ts,tsx}';
/** Tests that take minutes; run by `npm run test:long`. */
const LONG = '**/*.long.test.ts';
/** And those in a browser. */
const LONG_IN_BROWSER = '**/*.long.browser.test.ts';
/** Browser tests that compute with WebGPU. */
const ON_GPU = ['web/compute/**/*.browser.test.ts', 'web/sdk/stream-device-lost.browser.test.ts'];
/** Those of them that run kernels without an engine: about half of the time. */
const OF_KERNELS = ['web/compute/{ort,wgsl}/**/*.browser.test.ts'];
/** Browser tests of what only a GPU process on OpenGL can do. */
const ON_SYSTEM_GL = ['**/*.gl.browser.test.ts'];
/** Browser tests that pass in Firefox too: others need WebGPU, or take away or drive what only Chromium has. */
const IN_FIREFOX = ['web/{net,ui,volunteer}/**/*.browser.test.{ts,tsx}'];
/** A first run on a new machine installs packages and builds the pages while the browsers start: that took longer than Vitest's minute. */
const CONNECT_TIMEOUT_MS = 300_000;
const exclude = [...configDefaults.exclude, '.build/**'];
/** How long `expect.poll` waits. Vitest's default is a second, in which a machine with two busy cores may not start one encoder. */
const poll = { timeout: 60_000 };

/** Resolves and transforms the sources as the build of the pages does. */
const { resolve, esbuild, worker } = pages;
const sources = {
  plugins: [wasmKernels],
  ...(resolve && { resolve }),
  ...(esbuild && { esbuild }),
  ...(worker && { worker }),
};

/** Workers load the networks from beside their own folder, as in a build. Here Vite serves the repository, which has them in web/public. */
const networksBesideWorkers: Plugin = {
  name: 'networks-beside-workers',
  configureServer({ middlewares }) {
    middlewares.use((request, _response, next) => {
      request.url = request.url?.replace(/^\/web\/models\//, '/web/public/models/');
      next();
    });
  },
};

/** Isolates the pages of the tests that compute, so that the kernels of the processor have threads, which share memory. */
const isolated: Plugin = {
  name: 'isolated',
  // Before Vitest answers with its own page.
  enforce: 'pre',
  configureServer({ middlewares }) {
    middlewares.use((_request, response, next) => {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      next();
    });
  },
};

interface BrowserProject {
  include: string[];
  exclude: string[];
  browser: Pick<BrowserConfigOptions, 'provider' | 'headless' | 'instances'>;
  /** Whether its pages are cross-origin isolated. */
  isIsolated?: boolean;
  globalSetup?: string[];
  /** Packages that tests outside web/ and shared/ import. */
  packages?: string[];
}

/**
 * A project of browser tests, in a browser of its own. Its files run one after another, since in parallel they would compete for one GPU,
 * which is often a software GPU. The projects run at the same time: one mostly waits for media and sockets, and a software GPU compiles
 * shaders on one core.
 */
function inBrowser(
  name: string,
  { browser, isIsolated, packages = [], ...files }: BrowserProject,
): TestProjectInlineConfiguration {
  return {
    ...sources,
    plugins: [wasmKernels, bundledWorkers, networksBesideWorkers, ...(isIsolated ? [isolated] : [])],
    // Scanned in advance: a package found during a run would make Vite reload the page in the middle of a test.
    optimizeDeps: { entries: ['web/**/*.{ts,tsx}', 'shared/**/*.ts'], include: packages },
    test: {
      name,
      ...files,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      expect: { poll },
      browser: {
        enabled: true,
        ...browser,
        fileParallelism: false,
        // One page runs all files, as one process does the unit tests: loading the modules anew took half a second for each.
        isolate: false,
        screenshotFailures: false,
      },
    },
  };
}

function chromium(launch: LaunchOptions): BrowserProject['browser'] {
  return { provider: 'playwright', headless: true, instances: [{ browser: 'chromium', launch }] };
}

const firefox: BrowserProject['browser'] = {
  provider: fileURLToPath(new URL('e2e/firefox/vitest-provider.ts', import.meta.url)),
  headless: true,
  instances: [{ browser: 'firefox' }],
};

// Timeouts are only for tests that hang: a machine with two busy cores is slow, and no test may fail for that.
export default defineConfig({
  test: {
    // Without isolation a few processes run all unit tests: starting one for each file took two thirds of the time. So a test that
    // changes a global must restore it. Vitest reads these options here only, not in a project; so it does the time limit of a connection.
    pool: 'forks',
    poolOptions: { forks: { isolate: false } },
    browser: { connectTimeout: CONNECT_TIMEOUT_MS },
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          environment: 'node',
          globalSetup: ['e2e/unit-setup.mjs'],
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...exclude, IN_BROWSER, LONG],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll },
        },
      },
      {
        ...sources,
        test: { name: 'long', environment: 'node', include: [LONG], exclude, testTimeout: 600_000 },
      },
      inBrowser('browser', {
        include: [IN_BROWSER],
        exclude: [...exclude, ...ON_GPU, ...ON_SYSTEM_GL, LONG_IN_BROWSER],
        browser: chromium(await launchOptions({ hasWebgpu: false })),
      }),
      inBrowser('browser-firefox', {
        include: IN_FIREFOX,
        exclude,
        browser: firefox,
      }),
      inBrowser('browser-long', {
        include: [LONG_IN_BROWSER],
        exclude,
        packages: ['anime4k-webgpu'],
        browser: chromium(await launchOptions({ isAudible: true })),
      }),
      inBrowser('browser-gpu', {
        include: ON_GPU,
        exclude: [...exclude, ...ON_SYSTEM_GL, ...OF_KERNELS, LONG_IN_BROWSER],
        browser: chromium(await launchOptions()),
        isIsolated: true,
      }),
      inBrowser('browser-kernels', {
        include: OF_KERNELS,
        exclude: [...exclude, ...ON_SYSTEM_GL, LONG_IN_BROWSER],
        browser: chromium(await launchOptions()),
        isIsolated: true,
      }),
      inBrowser('browser-gl', {
        include: ON_SYSTEM_GL,
        exclude,
        browser: chromium(await systemGlOptions()),
        globalSetup: ['e2e/system-gl.mjs'],
      }),
    ],
  },
});
