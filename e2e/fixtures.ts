import { test as base, type Page, type Worker } from 'playwright/test';
import type * as Sdk from '../web/sdk/p2c2r.ts';
import { WEBGPU_FLAG } from './browser.mjs';
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
    async ({ browser, sharedServer, launchOptions }, use) => {
      // Without the flag nothing but a real GPU computes.
      const mayBeSoftware = launchOptions.args?.includes(WEBGPU_FLAG);
      await use(mayBeSoftware ? await machineOf(browser, sharedServer.url) : { userAgent: '', softwareAdapter: null });
    },
    { scope: 'worker' },
  ],
  // Of every context. A test that is tagged @smoke measures the machine, as on a first visit.
  storageState: async ({ machine, server }, use, { tags }) =>
    use(tags.includes('@smoke') ? undefined : await storageAfterVisit(machine, server.url)),
  // Without a GPU, drawing the game as often as a screen shows it takes all cores. A test that is tagged @smoke has it so.
  context: async ({ context }, use, { tags }) => {
    if (!tags.includes('@smoke')) context.on('page', drawGameSeldom);
    await use(context);
  },
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
export async function openSdk(page: Page, serverUrl: string, path = '/healthz'): Promise<void> {
  await page.goto(new URL(path, serverUrl).href);
  await page.evaluate(async (module) => {
    window.sdk = await import(module);
  }, '/p2c2r.js');
}

/** Between two frames of the game, ms. It slows down, which no test minds. */
const FRAME_INTERVAL_MS = 250;

/** Gives the page's game a screen that shows few frames. */
function drawGameSeldom(page: Page): void {
  page.on('worker', (worker: Worker) => {
    // Fails when the page closes at once, which harms nobody.
    if (worker.url().includes('game.worker')) worker.evaluate(slowDownScreen, FRAME_INTERVAL_MS).catch(() => {});
  });
}

/** In a worker: delays its animation frames. */
function slowDownScreen(intervalMs: number): void {
  const { requestAnimationFrame, cancelAnimationFrame } = self;
  /** Requests of animation frames, by the timers before them. */
  const requests = new Map<number, number>();
  self.requestAnimationFrame = (draw) => {
    const timer = self.setTimeout(() => {
      const request = requestAnimationFrame((nowMs) => {
        requests.delete(timer);
        draw(nowMs);
      });
      requests.set(timer, request);
    }, intervalMs);
    return timer;
  };
  self.cancelAnimationFrame = (timer) => {
    self.clearTimeout(timer);
    cancelAnimationFrame(requests.get(timer) ?? 0);
    requests.delete(timer);
  };
}

/** Waits until this many volunteers are linked. */
export async function waitForVolunteers(gamer: Page, volunteers: number): Promise<void> {
  await gamer.evaluate((count) => window.client.whenReady({ volunteers: count, timeoutMs: 60_000 }), volunteers);
}
