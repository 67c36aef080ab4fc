import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { COORDINATOR } from '../shared/tuning.ts';
import { type ServerClock, serverClock } from './clock.ts';
import type { Config } from './config.ts';
import { Coordinator } from './coordinator.ts';
import { Gateway } from './gateway.ts';
import { httpHandler } from './http.ts';
import { Invites } from './invites.ts';
import { Pages } from './pages.ts';
import { keptSecret } from './secret.ts';
import { MemoryStore } from './store/memory.ts';

export interface RunningServer {
  /** Where a person on this machine finds it. */
  url: string;
  /** The one that was bound: the configured one, or a free one for 0. */
  port: number;
}

export interface CoordinatorServer {
  /** @throws StartError when the address cannot be had. */
  listen(): Promise<RunningServer>;
  /** Stops accepting, finishes what is under way within COORDINATOR.drainMs, and ends every socket. */
  close(): Promise<void>;
}

/** The server cannot start for a reason that its operator can change; the message says how. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export async function createServer(
  config: Config,
  { clock = serverClock, log = pino({ level: config.logLevel }) }: { clock?: ServerClock; log?: Logger } = {},
): Promise<CoordinatorServer> {
  const startedAtMs = clock.now();
  const pages = await Pages.load(config.pagesDir);
  if (!pages) log.warn({ pagesDir: config.pagesDir }, 'there are no built pages here: visitors are told so');
  const secret = config.inviteSecret || (await secretOf(config, log));
  const store = new MemoryStore(clock);
  const coordinator = new Coordinator({ config, invites: new Invites(secret, clock), store, clock, log });

  const http = createHttpServer();
  const gateway = new Gateway(http, { coordinator, config, clock, log });
  http.on(
    'request',
    httpHandler({
      pages,
      log,
      health: () => ({
        version: packageJson.version,
        uptimeS: Math.round((clock.now() - startedAtMs) / 1_000),
        lobby: config.lobby,
        counts: { sockets: gateway.socketCount, ...coordinator.counts() },
      }),
    }),
  );
  const connections = new Set<Socket>();
  /** Connections a browser opened in case it would need them; a stop does not wait for their first request. */
  const unused = new Set<Socket>();
  http.on('connection', (socket) => {
    connections.add(socket);
    unused.add(socket);
    socket.once('close', () => {
      connections.delete(socket);
      unused.delete(socket);
    });
  });
  http.on('request', ({ socket }) => unused.delete(socket));
  http.on('upgrade', ({ socket }) => unused.delete(socket));

  return {
    async listen() {
      await new Promise<void>((resolve, reject) => {
        const fail = (cause: NodeJS.ErrnoException) => reject(startError(cause, config));
        http.once('error', fail);
        http.listen(config.port, config.host, () => {
          http.off('error', fail);
          resolve();
        });
      });
      const { port } = http.address() as AddressInfo;
      const name = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
      log.info({ host: config.host, port }, 'listening');
      return { port, url: `http://${name.includes(':') ? `[${name}]` : name}:${port}/` };
    },

    async close() {
      log.info(coordinator.counts(), 'stopping');
      const drained = new AbortController();
      const deadline = sleep(COORDINATOR.drainMs, undefined, { signal: drained.signal }).catch(() => {});
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      for (const socket of unused) socket.destroy();
      await Promise.race([gateway.settled(), deadline]);
      await Promise.race([Promise.all([gateway.close(), closed]), deadline]);
      drained.abort();
      // Whoever does not answer a goodbye is not waited for.
      for (const socket of connections) socket.destroy();
      coordinator.close();
      await closed;
      log.info('stopped');
    },
  };
}

async function secretOf({ stateDir }: Config, log: Logger): Promise<string> {
  try {
    return await keptSecret(stateDir);
  } catch (cause) {
    log.warn({ err: cause, stateDir }, 'cannot keep a secret here: invites end with this process; see STATE_DIR');
    return randomBytes(32).toString('base64url');
  }
}

function startError(cause: NodeJS.ErrnoException, { host, port }: Config): StartError {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} on ${host} is in use by another program. Stop it, or choose another: --port 0 takes any free one.`,
      );
    case 'EACCES':
      return new StartError(`This user may not open port ${port}. Choose one above 1023, as in --port 8080.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(`HOST is "${host}", which is no address of this machine. Try localhost or 0.0.0.0.`);
    default:
      return new StartError(`Cannot listen on ${host}:${port}: ${cause.message}. Check HOST and PORT.`);
  }
}
