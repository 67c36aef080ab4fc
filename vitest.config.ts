/// <reference types="@vitest/browser/providers/playwright" />
import type { Plugin } from 'vite';
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { launchOptions } from './e2e/launch.mjs';
import pages from './vite.config.ts';

const IN_BROWSER = '**/*.browser.test.{ts,tsx}';
/** Takes minutes by nature: `npm run test:long`. */
const LONG = '**/*.long.test.ts';
/** Browser tests that compute with WebGPU. */
const ON_GPU = ['web/compute/**/*.browser.test.ts', 'web/sdk/stream-device-lost.browser.test.ts'];
const launch = { withWebgpu: await launchOptions(), withoutWebgpu: await launchOptions({ hasWebgpu: false }) };
const exclude = [...configDefaults.exclude, '.build/**'];

/** The sources as the pages are built from them. */
const { resolve, esbuild, worker } = pages;
const sources = { ...(resolve && { resolve }), ...(esbuild && { esbuild }), ...(worker && { worker }) };

/** Workers look for the networks beside their own folder, where the pages' server has them; here the repository is served as it lies. */
const networksBesideWorkers: Plugin = {
  name: 'networks-beside-workers',
  configureServer({ middlewares }) {
    middlewares.use((request, _response, next) => {
      request.url = request.url?.replace(/^\/web\/models\//, '/web/public/models/');
      next();
    });
  },
};

/**
 * Tests in a browser of their own, whose files run one after another: side by side they would fight over one GPU, which is often
 * software. The two projects run at the same time: one mostly waits for media and sockets, the other computes.
 */
function inChromium(
  name: string,
  { include, exclude, hasWebgpu }: { include: string[]; exclude: string[]; hasWebgpu: boolean },
): TestProjectInlineConfiguration {
  return {
    ...sources,
    plugins: [networksBesideWorkers],
    // Found in advance: a package found during a run makes Vite reload the page in the middle of a test.
    optimizeDeps: { entries: ['web/**/*.{ts,tsx}', 'shared/**/*.ts'] },
    test: {
      name,
      include,
      exclude,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      browser: {
        enabled: true,
        provider: 'playwright',
        headless: true,
        fileParallelism: false,
        screenshotFailures: false,
        instances: [{ browser: 'chromium', launch: hasWebgpu ? launch.withWebgpu : launch.withoutWebgpu }],
      },
    },
  };
}

// Timeouts only end what hangs: a machine of two busy cores is slow, and a test must not fail for that.
export default defineConfig({
  test: {
    // Two processes run all unit tests: starting one for each file took two thirds of the time. A test that changes a global puts it back.
    // The pool reads this here only, not in a project.
    pool: 'forks',
    poolOptions: { forks: { isolate: false } },
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          environment: 'node',
          globalSetup: ['e2e/unit-setup.mjs'],
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...exclude, IN_BROWSER, LONG],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...sources,
        test: { name: 'long', environment: 'node', include: [LONG], exclude, testTimeout: 600_000 },
      },
      inChromium('browser', { include: [IN_BROWSER], exclude: [...exclude, ...ON_GPU], hasWebgpu: false }),
      inChromium('browser-gpu', { include: ON_GPU, exclude, hasWebgpu: true }),
    ],
  },
});
