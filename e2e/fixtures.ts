import { test as base, type Page } from 'playwright/test';
import type * as Sdk from '../web/sdk/p2c2r.ts';
import { type RunningServer, startServer } from './server.ts';
import { type Machine, machineOf, storageAfterVisit } from './speeds.ts';

declare global {
  interface Window {
    /** The exports of `/p2c2r.js`, and what a test keeps between its calls. */
    sdk: typeof Sdk;
    node: Sdk.VolunteerNode;
    client: Sdk.GamerClient;
  }
}

interface WorkerFixtures {
  /** One server for all tests of a worker that need no settings and neither stop it nor count its members: a start takes most of a second. */
  sharedServer: RunningServer;
  machine: Machine;
}

interface Fixtures {
  server: RunningServer;
  /** The name of a room of this test's own: members of an earlier test may still be in the grace period of a lost socket. */
  roomOf(name: string): string;
  /** A page of the server's origin with nothing but `/p2c2r.js`. */
  sdkPage(): Promise<Page>;
  /** The same page with a volunteer in `roomOf(room)`. */
  volunteerPage(room: string, options?: Sdk.VolunteerOptions): Promise<Page>;
  /** The same page with a gamer in `roomOf(room)`. */
  gamerPage(room: string, options?: Sdk.GamerOptions): Promise<Page>;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  sharedServer: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
    async ({}, use) => {
      const server = await startServer();
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  machine: [
    async ({ browser, sharedServer }, use) => use(await machineOf(browser, sharedServer.url)),
    { scope: 'worker' },
  ],
  // Of every context. A test that is tagged @smoke measures the machine, as on a first visit.
  storageState: async ({ machine, server }, use, { tags }) =>
    use(tags.includes('@smoke') ? undefined : await storageAfterVisit(machine, server.url)),
  server: ({ sharedServer }, use) => use(sharedServer),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
  roomOf: ({}, use, { testId }) => use((name) => `${name} ${testId}`),
  sdkPage: async ({ browser, server }, use) => {
    const context = await browser.newContext();
    await use(async () => {
      const page = await context.newPage();
      await openSdk(page, server.url);
      return page;
    });
    await context.close();
  },
  volunteerPage: async ({ sdkPage, roomOf }, use) => {
    await use(async (room, options) => {
      const page = await sdkPage();
      await page.evaluate(
        async (start) => {
          window.node = await window.sdk.VolunteerNode.start(start);
        },
        { room: roomOf(room), ...options },
      );
      return page;
    });
  },
  gamerPage: async ({ sdkPage, roomOf }, use) => {
    await use(async (room, options) => {
      const page = await sdkPage();
      await page.evaluate(
        async (connect) => {
          window.client = await window.sdk.GamerClient.connect(connect);
        },
        { room: roomOf(room), ...options },
      );
      return page;
    });
  },
});

/** For tests that stop their server, count its members or need the exact names of rooms: each has a server of its own. */
export const testWithOwnServer = test.extend<Pick<Fixtures, 'server' | 'roomOf'>>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
  server: async ({}, use) => {
    const server = await startServer();
    await use(server);
    await server.stop();
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
  roomOf: ({}, use) => use((name) => name),
});

export { expect } from 'playwright/test';

/** Opens a page of the server's origin with nothing but `/p2c2r.js`, as `window.sdk`. */
export async function openSdk(page: Page, serverUrl: string): Promise<void> {
  await page.goto(new URL('/healthz', serverUrl).href);
  await page.evaluate(async (module) => {
    window.sdk = await import(module);
  }, '/p2c2r.js');
}

/** Waits until this many volunteers are linked. */
export async function waitForVolunteers(gamer: Page, volunteers: number): Promise<void> {
  await gamer.evaluate((count) => window.client.whenReady({ volunteers: count, timeoutMs: 60_000 }), volunteers);
}
