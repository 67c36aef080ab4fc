import type { Page } from 'playwright/test';
import type { Redispatch } from '../web/sdk/p2c2r.ts';
import { expect, test, waitForVolunteers } from './fixtures.ts';
import { launchBrowser, launchKillableBrowser, startGamer, startVolunteer } from './killable-browser.ts';

declare global {
  interface Window {
    redispatches: Redispatch[];
    /** For each task, how often a correct result was delivered. */
    deliveries: number[];
    delivered: Promise<unknown>;
    /** Until then more tasks are submitted, so that the one to be killed holds some. */
    isKilled: boolean;
  }
}

const ROOM = 'mortals';
const COUNT = 1_000;

/** Keeps twice as many tasks in flight as one volunteer's credits allow, so that each volunteer always holds some. */
function deliverAll(count: number): void {
  window.redispatches = [];
  window.client.addEventListener('redispatched', (event) => {
    window.redispatches.push((event as CustomEvent<Redispatch>).detail);
  });
  window.deliveries = new Array<number>(count).fill(0);
  window.isKilled = false;
  let next = 0;
  const worker = async () => {
    while (next < count || !window.isKilled) {
      const index = next++;
      const bytes = new Uint8Array(2_000).fill(index % 251);
      new DataView(bytes.buffer).setUint32(0, index);
      const { bytes: answer } = await window.client.submitTask('echo', { bytes }).result;
      const isRight = answer.every((byte, at) => byte === bytes[at]) && answer.byteLength === bytes.byteLength;
      if (isRight) window.deliveries[index] = (window.deliveries[index] ?? 0) + 1;
    }
  };
  window.delivered = Promise.all(Array.from({ length: 128 }, worker));
}

/**
 * Stops the browser's processes while it holds tasks. A scheduler that just found it slow has given it none: then it goes on, and is
 * stopped again. Its tasks count as silent, or as late if they were so before the silence was noticed.
 */
async function standStillWithTasks(
  gamer: Page,
  { signal }: Pick<Awaited<ReturnType<typeof launchKillableBrowser>>, 'signal'>,
  volunteerId: string | undefined,
): Promise<void> {
  await expect(async () => {
    const seen = await gamer.evaluate(() => window.redispatches.length);
    signal('SIGSTOP');
    try {
      await gamer.waitForFunction(
        ([id, from]) =>
          window.redispatches
            .slice(from)
            .some(({ ranOn, cause }) => ranOn === id && (cause === 'silent' || cause === 'late')),
        [volunteerId, seen] as const,
        { timeout: 2_000 },
      );
    } catch (error) {
      signal('SIGCONT');
      throw error;
    }
  }).toPass();
}

test('a volunteer whose browser is killed without a goodbye costs no task', async ({ server }) => {
  const mortal = await launchKillableBrowser();
  const lasting = await launchBrowser();
  try {
    const context = await lasting.newContext();
    await startVolunteer(await mortal.browser.newPage(), server.url, ROOM, 'mortal');
    await startVolunteer(await context.newPage(), server.url, ROOM, 'lasting');
    const gamer = await context.newPage();
    await startGamer(gamer, server.url, ROOM);
    await waitForVolunteers(gamer, 2);
    const mortalId = await gamer.evaluate(() => window.client.volunteers.find(({ name }) => name === 'mortal')?.id);
    await gamer.evaluate(deliverAll, COUNT);
    await gamer.waitForFunction(() => window.client.stats().completed > 200);
    await standStillWithTasks(gamer, mortal, mortalId);
    mortal.signal('SIGKILL');

    const ended = await gamer.evaluate(async () => {
      window.isKilled = true;
      await window.delivered;
      return { deliveries: window.deliveries, redispatches: window.redispatches, stats: window.client.stats() };
    });
    const count = ended.deliveries.length;
    expect(count).toBeGreaterThanOrEqual(COUNT);
    expect(ended.deliveries).toEqual(new Array<number>(count).fill(1));
    expect(ended.stats).toMatchObject({ completed: count, failed: 0, inFlight: 0, queued: 0 });
  } finally {
    await lasting.close();
    await mortal.close();
  }
});
