import type { GamerOptions, VolunteerOptions } from '../../web/sdk/types.ts';
import { test as base } from '../fixtures.ts';
import { type RunningServer, startServer } from '../server.ts';
import { Firefox } from './browser.ts';

export type BrowserName = 'Firefox' | 'Chromium';

/** What the tests need of a page of either browser. */
export interface AnyPage {
  evaluate<Result>(call: () => Result | Promise<Result>): Promise<Result>;
  evaluate<Result, Given>(call: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result>;
}

interface WorkerFixtures {
  /** One for all tests: it takes seconds to start. */
  firefox: Firefox;
}

interface Fixtures {
  /** A page of the server's origin with nothing but `/p2c2r.js`, as `window.sdk`. */
  pageIn(browser: BrowserName): Promise<AnyPage>;
  /** The same page with a volunteer, as `window.node`. It computes on the processor, as every Firefox on Linux does. */
  volunteerIn(browser: BrowserName, room: string, options?: VolunteerOptions): Promise<AnyPage>;
  /** The same page with a gamer, as `window.client`, once a volunteer is linked. */
  gamerIn(browser: BrowserName, room: string, options?: GamerOptions): Promise<AnyPage>;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  firefox: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
    async ({}, use) => {
      const firefox = await Firefox.launch();
      await use(firefox);
      await firefox.close();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  pageIn: async ({ firefox, sdkPage, server }, use) => {
    const opened: { close(): Promise<void> }[] = [];
    await use(async (browser) => {
      if (browser === 'Chromium') return sdkPage();
      const page = await firefox.newPage();
      opened.push(page);
      await page.goto(new URL('/healthz', server.url).href);
      await page.evaluate(async (module) => {
        window.sdk = await import(module);
      }, '/p2c2r.js');
      return page;
    });
    for (const page of opened) await page.close();
  },
  volunteerIn: async ({ pageIn, roomOf }, use) => {
    await use(async (browser, room, options) => {
      const page = await pageIn(browser);
      await page.evaluate(
        async (start: VolunteerOptions) => {
          window.node = await window.sdk.VolunteerNode.start(start);
        },
        { room: roomOf(room), backend: 'wasm' as const, ...options },
      );
      return page;
    });
  },
  gamerIn: async ({ pageIn, roomOf }, use) => {
    await use(async (browser, room, options) => {
      const page = await pageIn(browser);
      await page.evaluate(
        async (connect: GamerOptions) => {
          window.client = await window.sdk.GamerClient.connect(connect);
          await window.client.whenReady({ volunteers: 1, timeoutMs: 60_000 });
        },
        { room: roomOf(room), ...options },
      );
      return page;
    });
  },
});

/** With a server of its own that goes away and comes back. */
export const testWithServer = test.extend<{ lostServer: { stop(): Promise<void>; restart(): Promise<void> } }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
  server: async ({}, use) => {
    const server = await startServer();
    await use(server);
    await server.stop();
  },
  lostServer: async ({ server }, use) => {
    const later: RunningServer[] = [];
    await use({
      stop: () => server.stop(),
      restart: async () => {
        later.push(await startServer({ port: server.port }));
      },
    });
    for (const running of later) await running.stop();
  },
});

export { expect } from '../fixtures.ts';
