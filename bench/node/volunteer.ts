import { systemClock } from '../../shared/clock.ts';
import { MemoryBudget } from '../../web/dispatch/memory-budget.ts';
import { TaskServer } from '../../web/dispatch/task-server.ts';
import { HeartbeatResponder } from '../../web/net/heartbeat.ts';
import { Mesh } from '../../web/net/mesh.ts';
import type { Wrtc } from './wrtc.ts';

/** Tasks taken at a time: so few that a gamer who has more outstanding than all may hold gives work to each. */
const SHARE = 4;

const capabilities = {
  adapter: 'node',
  backends: { echo: { backend: 'js', unitsPerMs: 1_000_000 } },
  tasks: ['echo'],
  codecs: [],
};

export interface NodeVolunteer {
  readonly tasksDone: number;
}

/** A volunteer without a browser, which only echoes: what web/sdk's VolunteerNode and its worker wire up in a page. */
export async function startVolunteer(url: string, room: string, name: string, wrtc: Wrtc): Promise<NodeVolunteer> {
  let tasksDone = 0;
  await Mesh.join({
    ...{ url, role: 'volunteer', room, name, wrtc, iceServers: [] },
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
        onDone: () => tasksDone++,
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
  return {
    get tasksDone() {
      return tasksDone;
    },
  };
}
