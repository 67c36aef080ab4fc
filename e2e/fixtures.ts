import { test as base, type Page } from 'playwright/test';
import type * as Sdk from '../web/sdk/p2c2r.ts';
import { type RunningServer, startServer } from './server.ts';

declare global {
  interface Window {
    /** What `/p2c2r.js` exports, and what a test keeps between its calls. */
    sdk: typeof Sdk;
    node: Sdk.VolunteerNode;
    client: Sdk.GamerClient;
  }
}

interface Fixtures {
  server: RunningServer;
  /** A page of the server's origin that knows nothing but `/p2c2r.js`. */
  sdkPage(): Promise<Page>;
  /** The same with a volunteer in it. */
  volunteerPage(room: string, options?: Sdk.VolunteerOptions): Promise<Page>;
  /** The same with a gamer in it. */
  gamerPage(room: string, options?: Sdk.GamerOptions): Promise<Page>;
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from its pattern.
  server: async ({}, use) => {
    const server = await startServer();
    await use(server);
    await server.stop();
  },
  sdkPage: async ({ browser, server }, use) => {
    const context = await browser.newContext();
    await use(async () => {
      const page = await context.newPage();
      await openSdk(page, server.url);
      return page;
    });
    await context.close();
  },
  volunteerPage: async ({ sdkPage }, use) => {
    await use(async (room, options) => {
      const page = await sdkPage();
      await page.evaluate(
        async (start) => {
          window.node = await window.sdk.VolunteerNode.start(start);
        },
        { room, ...options },
      );
      return page;
    });
  },
  gamerPage: async ({ sdkPage }, use) => {
    await use(async (room, options) => {
      const page = await sdkPage();
      await page.evaluate(
        async (connect) => {
          window.client = await window.sdk.GamerClient.connect(connect);
        },
        { room, ...options },
      );
      return page;
    });
  },
});

export { expect } from 'playwright/test';

/** Opens a page of the server's origin that knows nothing but `/p2c2r.js`, as `window.sdk`. */
export async function openSdk(page: Page, serverUrl: string): Promise<void> {
  await page.goto(new URL('/healthz', serverUrl).href);
  await page.evaluate(async (module) => {
    window.sdk = await import(module);
  }, '/p2c2r.js');
}

/** Until so many volunteers are linked. */
export async function waitForVolunteers(gamer: Page, volunteers: number): Promise<void> {
  await gamer.evaluate((count) => window.client.whenReady({ volunteers: count, timeoutMs: 60_000 }), volunteers);
}
