import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, testWithOwnServer, waitForVolunteers } from './fixtures.ts';
import { startServer } from './server.ts';

/** A server that is replaced while it runs, as by `npm run update` and `systemctl reload`. */

const test = testWithOwnServer.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
  server: async ({}, use) => {
    const state = await mkdtemp(join(tmpdir(), 'p2c2r-update-'));
    const server = await startServer({ isSupervised: true, env: { STATE_DIR: state } });
    await use(server);
    await server.stop();
    await rm(state, { recursive: true });
  },
});

declare global {
  interface Window {
    /** What the gamer's page saw of its session and its link. */
    states: string[];
    fewestVolunteers: number;
  }
}

test('an update of the running server refuses nobody: streams and links go on, rooms, owners and invites stay', {
  tag: '@long',
}, async ({ server, volunteerPage, gamerPage }) => {
  const room = 'updaters';
  const gamer = await gamerPage(room, { where: 'volunteers', inviteOnly: true });
  const invite = await gamer.evaluate(async () => (await window.client.createInvite({ uses: 2 })).token);
  const volunteer = await volunteerPage(room, { invite, backend: 'js' });
  await waitForVolunteers(gamer, 1);
  await gamer.evaluate(streamAndWatch);
  const framesDone = () => volunteer.evaluate(() => window.node.stats().framesDone);
  await expect.poll(framesDone).toBeGreaterThan(0);

  const visits = new Visits(server.url);
  await server.update();
  await gamer.waitForFunction(() => window.states.join() === 'reconnecting,online');
  await volunteer.waitForFunction(() => window.node.state === 'serving');
  expect(await visits.end()).toEqual([]);

  const framesBefore = await framesDone();
  await expect.poll(framesDone).toBeGreaterThan(framesBefore);
  expect(await gamer.evaluate(() => window.fewestVolunteers)).toBe(1);
  expect(await gamer.evaluate(() => window.client.isOwner)).toBe(true);
  // It was used once before.
  await volunteerPage(room, { invite, backend: 'js' });
  await waitForVolunteers(gamer, 2);
  await expect(volunteerPage(room, { invite, backend: 'js' })).rejects.toThrow(/invite/);
});

/** In the gamer's page: streams a canvas that moves, and notes every change of its session and its link. */
async function streamAndWatch(): Promise<void> {
  window.states = [];
  window.client.addEventListener('state', () => window.states.push(window.client.state));
  window.fewestVolunteers = window.client.volunteers.length;
  window.client.addEventListener('volunteers', () => {
    window.fewestVolunteers = Math.min(window.fewestVolunteers, window.client.volunteers.length);
  });
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const context = canvas.getContext('2d');
  let frame = 0;
  const draw = () => {
    context?.fillRect(frame % 60, 10, 4, 4);
    if (context) context.fillStyle = frame++ % 2 ? '#fff' : '#246';
    requestAnimationFrame(draw);
  };
  draw();
  await window.client.openStream(canvas, { scale: 2, maxFps: 10 });
}

/** Visits a server all the time, each time over a new connection. */
class Visits {
  readonly #refused: unknown[] = [];
  #isOver = false;
  readonly #going: Promise<void>;

  constructor(url: string) {
    this.#going = this.#go(url);
  }

  /** @returns why visits failed */
  async end(): Promise<unknown[]> {
    this.#isOver = true;
    await this.#going;
    return this.#refused;
  }

  async #go(url: string): Promise<void> {
    while (!this.#isOver) {
      try {
        const request = get(new URL('/gamer', url), { agent: false });
        const [response] = await once(request, 'response');
        if (response.statusCode !== 200) this.#refused.push(response.statusCode);
        response.resume();
      } catch (cause) {
        this.#refused.push(cause);
      }
      await sleep(10);
    }
  }
}
