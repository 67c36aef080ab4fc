import wrtc from '@roamhq/wrtc';
import { systemClock } from '../shared/clock.ts';
import { MemoryBudget } from '../web/dispatch/memory-budget.ts';
import { TaskServer } from '../web/dispatch/task-server.ts';
import { HeartbeatResponder } from '../web/net/heartbeat.ts';
import { Mesh } from '../web/net/mesh.ts';
import { GamerClient } from '../web/sdk/gamer-client.ts';
import { type Load, ratePerS } from './measuring.ts';

/** Volunteers in a Node process that only echo: wired up as the SDK's VolunteerNode and its worker are in a page. */

/** Tasks that each takes at a time: few, so that a gamer with more of them outstanding gives work to every volunteer. */
const SHARE = 4;

const capabilities = {
  adapter: 'node',
  backends: { echo: { backend: 'js', unitsPerMs: 1_000_000 } },
  tasks: ['echo'],
  codecs: [],
};

/** Tasks that each volunteer has done. */
const done: number[] = [];

export async function startVolunteers({
  url,
  room,
  count,
}: {
  url: string;
  room: string;
  count: number;
}): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, nth) => startOne(url, room, nth)));
}

export function tasksDone(): number[] {
  return done;
}

async function startOne(url: string, room: string, nth: number): Promise<void> {
  done[nth] = 0;
  await Mesh.join({
    url,
    role: 'volunteer',
    room,
    name: `volunteer ${nth}`,
    wrtc,
    iceServers: [],
    clock: systemClock,
    random: Math.random,
    capabilities: () => capabilities,
    status: () => ({ load: 0, accepting: true, tasks: ['echo'], maxGamers: 1 }),
    attachChannels(link, createChannel) {
      const onBroken = link.broken.bind(link);
      const tasks: TaskServer = new TaskServer({
        port: createChannel('tasks'),
        execute: async (_type, { attachments }) => ({ value: null, attachments, backend: 'js', computeMs: 0 }),
        clock: systemClock,
        memory: new MemoryBudget(),
        onDone: () => {
          done[nth] = (done[nth] ?? 0) + 1;
        },
        onWork: () => pulse.workBegan(),
        onBroken,
      });
      tasks.share = SHARE;
      const pulse: HeartbeatResponder = new HeartbeatResponder({
        port: createChannel('pulse'),
        clock: systemClock,
        read: () => ({ load: 0, held: tasks.held }),
        working: () => tasks.working,
        onRtt: (rttMs) => {
          tasks.rttMs = rttMs;
        },
        onBroken,
      });
      return () => {
        tasks.dispose();
        pulse.dispose();
      };
    },
    onEvent: () => {},
  });
}

/** A gamer in a Node process: the SDK's own client without a browser. It computes nothing itself, so it never starts a worker. */

/** Connecting to dozens of volunteers on a few busy cores takes long. */
const PATIENCE_MS = 90_000;

let client: GamerClient | undefined;

/** @returns the number of volunteers that are linked */
export async function connect(options: { url: string; room: string; volunteers: number }): Promise<number> {
  const { url, room, volunteers } = options;
  client = await GamerClient.connect({ url, room, wrtc, where: 'volunteers', iceServers: [] });
  await client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
  return client.volunteers.length;
}

/** Keeps `window` echo tasks outstanding for that time. */
export async function echoFor({ sizeBytes, ...load }: Load & { sizeBytes: number }) {
  const busy = new Set<string>();
  const counts = { done: 0, wrong: 0, failed: 0 };
  let serial = 0;
  const ranPerS = await ratePerS(load, async () => {
    const expected = ++serial;
    const sent = new Uint8Array(sizeBytes);
    new DataView(sent.buffer).setUint32(0, expected);
    const result = await client?.submitTask('echo', { bytes: sent }).result.catch(() => null);
    if (!result) {
      counts.failed++;
      return;
    }
    const { bytes, timing } = result;
    const received = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
    if (received !== expected || bytes.byteLength !== sizeBytes) counts.wrong++;
    busy.add(timing.ranOn);
    counts.done++;
  });
  return { ...counts, perS: (ranPerS * counts.done) / (counts.done + counts.failed), busyVolunteers: busy.size };
}
