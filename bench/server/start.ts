import { setPriority } from 'node:os';
import type { Context, RemoteProcess } from '../context.ts';
import type * as ClientsModule from './clients.ts';
import type * as Peers from './peers.ts';

export type Clients = RemoteProcess<typeof ClientsModule>;

export interface BenchServer {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** All clients of the bench share one address. */
const WITHOUT_LIMITS = { LIMIT_FACTOR: '0' };
/** nice(1) of a process whose work stands for that of other machines. */
const OTHER_MACHINES_PRIORITY = 19;

/** Starts a server in a process of its own. */
export async function startOne(context: Context, kind: ClientsModule.ServerKind): Promise<BenchServer> {
  if (kind === 'ours') return startOurs(context);
  const server = context.startProcess<typeof Peers>('server/peers');
  const port = await server.call(kind === 'bare' ? 'startBareServer' : 'startPeerServer');
  return { url: `http://localhost:${port}`, pid: server.pid, stop: async () => server.kill() };
}

export function startOurs(context: Context, options: { env?: Record<string, string>; port?: number } = {}) {
  return context.startServer({ env: WITHOUT_LIMITS, ...options });
}

/** @param options - `lowPriority`: the work of these clients must not take time from other processes */
export function startClients(context: Context, { lowPriority = false } = {}): Clients {
  const clients = context.startProcess<typeof ClientsModule>('server/clients');
  if (lowPriority) setPriority(clients.pid, OTHER_MACHINES_PRIORITY);
  return clients;
}
