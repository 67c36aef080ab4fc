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
