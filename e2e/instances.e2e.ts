import { systemClock } from '../shared/clock.ts';
import { PROTOCOL_VERSION, type Role, sessionIdOf } from '../shared/signaling.ts';
import { TestRedis } from '../signaling-server/store/test-redis.ts';
import { newSessionKey } from '../signaling-server/test-server.ts';
import { SignalingClient } from '../web/net/signaling-client.ts';
import type { SignalingEvent } from '../web/net/signaling-session.ts';
import { Balancer } from './balancer.ts';
import { test as base, expect, openSdk, waitForVolunteers } from './fixtures.ts';
import { ensureRedis } from './redis.mjs';
import { type RunningServer, startServer } from './server.ts';

declare global {
  interface Window {
    /** Number of correct echoes until `isEnough`. */
    echoed: number;
    isEnough: boolean;
    echoing: Promise<unknown>;
  }
}

const INSTALL_TIMEOUT_MS = 600_000;
const INVITE_SECRET = 'the same for all three instances of this test';
const ROOMS = 12;
const STATUS = { load: 0, accepting: true, tasks: ['echo'], maxGamers: 8 };

interface Site {
  instances: RunningServer[];
  url: string;
  /** The leader: the instance that makes all decisions. */
  decider(): Promise<RunningServer>;
}

/** Three instances over one Redis, behind a round-robin balancer. */
const test = base.extend<{ site: Site }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its pattern.
  site: async ({}, use) => {
    const redis = await TestRedis.start();
    // All test clients share one address.
    const env = { REDIS_URL: redis.url, INVITE_SECRET, LIMIT_FACTOR: '100' };
    const instances = await Promise.all([1, 2, 3].map(() => startServer({ env })));
    const balancer = await Balancer.start(instances.map(({ port }) => port));
    const decider = async () => {
      for (const instance of instances) if ((await health(instance)).counts.rooms > 0) return instance;
      throw new Error('No instance decides.');
    };
    await use({ instances, url: balancer.url, decider });
    await balancer.stop();
    await Promise.all(instances.map(({ stop }) => stop()));
    await redis.kill();
  },
});

test.beforeAll(async () => {
  test.setTimeout(INSTALL_TIMEOUT_MS);
  await ensureRedis();
});

async function health({ url }: RunningServer): Promise<{ counts: { sockets: number; rooms: number } }> {
  return (await fetch(`${url}healthz`)).json();
}

/** A member's session, in Node: this test needs no browser. */
async function member(url: string, role: Role, room: string) {
  const sessionKey = newSessionKey();
  const events: SignalingEvent[] = [];
  const client = await SignalingClient.connect({
    url,
    clock: systemClock,
    join: () => ({ protocolVersion: PROTOCOL_VERSION, sessionKey, role, name: role, room }),
    ...(role === 'volunteer' && { status: () => STATUS }),
    onEvent: (event) => events.push(event),
  });
  const isFrom = (id: string, mark: string) => (event: SignalingEvent) =>
    event.kind === 'signal' && event.from === id && 'sdp' in event.signal && event.signal.sdp === mark;
  return {
    client,
    events,
    id: await sessionIdOf(sessionKey),
    hasHeard: (id: string, mark: string) => events.some(isFrom(id, mark)),
    knows: (id: string) => events.some((event) => event.kind === 'introduced' && event.introduction.peerId === id),
    wasAway: () => events.some((event) => event.kind === 'state' && event.state === 'reconnecting'),
  };
}

type Member = Awaited<ReturnType<typeof member>>;
type RoomOfTwo = Record<Role, Member>;

test('of three instances one is killed under load, then the one that decides: every session resumes, and all members reach each other', {
  tag: '@long',
}, async ({ site }) => {
  const rooms = await Promise.all(
    Array.from({ length: ROOMS }, async (_, index): Promise<RoomOfTwo> => {
      const room = `room ${index}`;
      const gamer = await member(site.url, 'gamer', room);
      return { gamer, volunteer: await member(site.url, 'volunteer', room) };
    }),
  );
  try {
    for (const { gamer, volunteer } of rooms) {
      await expect.poll(() => gamer.knows(volunteer.id) && volunteer.knows(gamer.id)).toBe(true);
    }
    const decider = await site.decider();
    const other = site.instances.find((one) => one !== decider);
    if (!other) throw new Error('There is no other instance.');
    await killUnderLoad(other, rooms);
    await killUnderLoad(decider, rooms);
  } finally {
    await Promise.all(rooms.flatMap(({ gamer, volunteer }) => [gamer.client.close(), volunteer.client.close()]));
  }
});

async function killUnderLoad(victim: RunningServer, rooms: readonly RoomOfTwo[]): Promise<void> {
  const members = rooms.flatMap(({ gamer, volunteer }) => [gamer, volunteer]);
  for (const { events } of members) events.length = 0;
  expect((await health(victim)).counts.sockets).toBeGreaterThan(0);
  let sent = 0;
  const load = setInterval(() => {
    sent++;
    for (const { gamer, volunteer } of rooms) {
      gamer.client.signal(volunteer.id, 0, { type: 'offer', sdp: `${sent}` });
      volunteer.client.reportStatus({ ...STATUS, load: sent % 2 });
    }
  }, 20);
  try {
    await expect.poll(() => rooms.every(({ gamer, volunteer }) => volunteer.hasHeard(gamer.id, '5'))).toBe(true);
    await victim.kill();
    await expect.poll(() => members.some(({ wasAway }) => wasAway())).toBe(true);
    await expect.poll(() => members.every(({ client }) => client.state === 'online')).toBe(true);
    const lastWords = `${sent + 1}`;
    await expect.poll(() => rooms.every(({ gamer, volunteer }) => volunteer.hasHeard(gamer.id, lastWords))).toBe(true);
  } finally {
    clearInterval(load);
  }
  const back = members.filter(({ wasAway }) => wasAway());
  expect(back.map(({ client }) => client.joined)).toEqual(
    back.map(({ id }) => expect.objectContaining({ id, resumed: true })),
  );
  const kinds = members.flatMap(({ events }) => events.map(({ kind }) => kind));
  expect(kinds.filter((kind) => kind === 'gone' || kind === 'ended')).toEqual([]);
}

test('links and running tasks survive the death of their instance; later members are introduced', {
  tag: '@long',
}, async ({ site, browser }) => {
  const context = await browser.newContext();
  const [volunteer, gamer, late] = [await context.newPage(), await context.newPage(), await context.newPage()];
  for (const page of [volunteer, gamer, late]) await openSdk(page, site.url);
  const serve = async () => {
    window.node = await window.sdk.VolunteerNode.start({ room: 'den', backend: 'wasm' });
  };
  await volunteer.evaluate(serve);
  await gamer.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect({ room: 'den', where: 'volunteers' });
  });
  await waitForVolunteers(gamer, 1);
  await gamer.evaluate(() => {
    window.echoed = 0;
    window.isEnough = false;
    const worker = async (mark: number) => {
      for (let count = 0; !window.isEnough; count++) {
        const bytes = new Uint8Array(2_000).fill(mark);
        new DataView(bytes.buffer).setUint32(0, count);
        const { bytes: answer } = await window.client.submitTask('echo', { bytes }, { cache: false }).result;
        if (!answer.every((byte, at) => byte === bytes[at])) throw new Error('an echo came back wrong');
        window.echoed++;
      }
    };
    window.echoing = Promise.all(Array.from({ length: 8 }, (_, mark) => worker(mark)));
    window.echoing.catch(() => {});
  });
  await gamer.waitForFunction(() => window.echoed > 100);
  const decider = await site.decider();
  await decider.kill();

  // Continues through the time without a leader, and beyond.
  await late.evaluate(serve);
  await waitForVolunteers(gamer, 2);
  const before = await gamer.evaluate(() => window.echoed);
  await gamer.waitForFunction((count) => window.echoed > count + 100, before);
  const { stats, echoed } = await gamer.evaluate(async () => {
    window.isEnough = true;
    await window.echoing;
    return { stats: window.client.stats(), echoed: window.echoed };
  });
  expect(stats).toMatchObject({ completed: echoed, failed: 0 });
  await context.close();
});
