import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import type { Lan } from '../shared/server-status.ts';
import { CodeLookup } from './access/code-lookup.ts';
import { InviteCodes } from './access/invite-codes.ts';
import { Invites } from './access/invites.ts';
import { LockOut } from './access/lock-out.ts';
import { RelayAccess } from './access/turn.ts';
import { keptInviteSecret } from './boot/invite-secret.ts';
import {
  closeOf,
  EVERY_NETWORK,
  isEveryNetwork,
  listenOn,
  OpenConnections,
  REQUEST_DEADLINES,
  type RequestDeadlines,
  urlOf,
} from './boot/listening.ts';
import { openLog } from './boot/log.ts';
import type { Config } from './boot/settings.ts';
import { type ServerClock, serverClock } from './clock.ts';
import type { Cluster } from './cluster/cluster.ts';
import { AllowedHosts } from './http/allowed-hosts.ts';
import { httpHandler } from './http/http.ts';
import { Metrics, type Present } from './http/metrics.ts';
import { OwnModels } from './http/own-models.ts';
import { Pages } from './http/pages.ts';
import { PublicAddress } from './http/public-address.ts';
import { GUARDED_SERVER_OPTIONS, guardRequests } from './http/request-guard.ts';
import { openSecureServer, type SecureServer } from './http/secure-server.ts';
import { Coordinator } from './rooms/coordinator.ts';
import type { MemberObserver } from './rooms/member.ts';
import type { WaitingLimits } from './rooms/waiting-events.ts';
import { clientAddress, hashedNetworksOf, hashedProviderOf } from './sockets/client-address.ts';
import { Gateway } from './sockets/gateway.ts';
import { LIMITS, Limits } from './sockets/limits.ts';
import { LocalRequestHandler, type RequestHandler } from './sockets/request-handler.ts';
import type { SocketConnection } from './sockets/socket-connection.ts';
import { DeferredStore } from './store/deferred-store.ts';
import { FileStore } from './store/file.ts';
import { MemoryStore } from './store/memory.ts';
import { RedisStore } from './store/redis.ts';
import type { Store } from './store/store.ts';

/**
 * Longest time without a byte in either direction, ms. A page that polls waits half as long for an answer, and WebSockets have limits of their own.
 */
const INACTIVE_MS = 60_000;
/** How long a graceful stop waits for requests in progress. */
const DRAIN_MS = 3_000;
/** How long a replaced server goes on with the connections that it accepted last: their first request, or a join, is on its way. */
const LAST_ACCEPTED_MS = 500;

export interface RunningServer {
  /** The address for a browser on this machine. */
  url: string;
  /** The port it listens on: the configured one, or a free one for 0. */
  port: number;
  lan: Lan;
}

export interface CoordinatorServer {
  /** @throws StartError when an address is not available or a certificate cannot be read. */
  listen(): Promise<RunningServer>;
  /**
   * Stops gracefully. /readyz says no while the server keeps serving for DRAIN_DELAY_S; then it accepts nobody, finishes the
   * requests in progress within {@link DRAIN_MS} and ends every socket.
   * @param options.isReplaced another process listens on the same port already: nobody needs to be sent elsewhere first
   */
  close(options?: { isReplaced: boolean }): Promise<void>;
}

interface ServerParts {
  clock?: ServerClock;
  log?: Logger;
  /** When the server that this one replaces has ended; until then that one has the folder for data. */
  predecessorEnded?: Promise<void> | undefined;
  /** Smaller bounds for tests. */
  bounds?: { maxStreamBytes?: number; waiting?: WaitingLimits; deadlines?: RequestDeadlines };
}

export async function createServer(
  config: Config,
  { clock = serverClock, log = openLog(config), predecessorEnded, bounds = {} }: ServerParts = {},
): Promise<CoordinatorServer> {
  const startedAtMs = clock.now();
  const pages = await Pages.load(config.pagesDir);
  if (!pages) log.warn({ pagesDir: config.pagesDir }, 'no built pages here: visitors get an error');
  const ownModels = await OwnModels.load(config.modelsDir);
  const secret = config.inviteSecret || (await inviteSecretOf(config, log));
  const cluster = config.redisUrl ? await openCluster(config.redisUrl, log, bounds.maxStreamBytes) : null;
  const openStore = () => storeOf(config, clock, log);
  const ownStore = () => (predecessorEnded ? new DeferredStore(predecessorEnded.then(openStore)) : openStore());
  const store = cluster ? new RedisStore(cluster.redis, clock) : await ownStore();
  let draining = false;
  let https: SecureServer | null = null;
  let lan: Lan = { secureUrls: [], isOwnCertificate: false };
  const counts = (): Present['counts'] => ({ sockets: gateway.socketCount, ...requestHandler.counts() });
  const metrics: Metrics = new Metrics(() => ({ counts: counts(), draining }));
  const invites = new Invites(secret, store, clock);
  const codes = new InviteCodes(secret, store, invites, clock);
  const lockOut = new LockOut(config.limitFactor, cluster?.redis);
  const limits = new Limits(config.limitFactor, undefined, cluster?.redis);
  const lookup = new CodeLookup({
    ...{ codes, limitFactor: config.limitFactor, redis: cluster?.redis },
    spend: (networks) => limits.spend('codes', { networks }),
    refused: (reason) => metrics.refused('code', reason),
  });
  const relay = new RelayAccess(config, clock, cluster?.redis);
  const coordinatorFor = (observer?: MemberObserver) =>
    new Coordinator({
      config,
      ...{ invites, codes, store, clock, log, lockOut, relay },
      onMatch: () => metrics.matched(),
      observer,
      waitingLimits: bounds.waiting,
    });
  const requestHandler: RequestHandler<SocketConnection> =
    cluster ?? new LocalRequestHandler({ coordinator: coordinatorFor(), metrics, connect: (socket) => socket });

  const hosts = new AllowedHosts(config, (name) => https?.isCertified(name) ?? false);
  const address = new PublicAddress(config);
  const http = createHttpServer({ ...(bounds.deadlines ?? REQUEST_DEADLINES), ...GUARDED_SERVER_OPTIONS });
  http.on(
    'request',
    httpHandler({
      ownModels,
      ...{ pages, hosts, address, log },
      unreadiness: () => (draining ? 'stopping' : (cluster?.trouble() ?? null)),
      lan: () => lan,
      findInvite: (code, request) => {
        const from = clientAddress(request, config.trustedProxies);
        return lookup.find(code, {
          networks: hashedNetworksOf(from, secret),
          provider: hashedProviderOf(from, secret),
        });
      },
      metrics,
      operatorToken: config.operatorToken,
      health: () => ({
        version: packageJson.version,
        uptimeS: Math.round((clock.now() - startedAtMs) / 1_000),
        lobby: config.lobby,
        relay: hasRelay(config),
        counts: counts(),
      }),
    }),
  );
  // After the handler above: socket.io answers its own requests and passes the others on to earlier listeners.
  const instance = cluster?.instance ?? 'alone';
  const adapter = cluster?.adapter();
  const gateway = new Gateway(http, {
    ...{ requestHandler, instance, adapter, hosts, address, config, secret, limits, metrics, clock, log },
  });
  // After all that answer requests: they are told of those that it lets in.
  guardRequests(http, { localPath: (path) => address.localPath(path), inactiveMs: INACTIVE_MS });
  const connections = new OpenConnections(connectionsPerAddress(config));
  connections.watch(http);

  async function end({ isReplaced }: { isReplaced: boolean }): Promise<void> {
    const drained = new AbortController();
    const deadline = sleep(DRAIN_MS, undefined, { signal: drained.signal }).catch(() => {});
    const closed = Promise.all([http, https?.server ?? []].flat().map(closeOf));
    if (isReplaced) await sleep(LAST_ACCEPTED_MS);
    connections.destroyUnused();
    await Promise.race([gateway.settled(), deadline]);
    await Promise.race([Promise.all([gateway.close(), closed]), deadline]);
    drained.abort();
    // Do not wait for clients that never close their side.
    connections.destroyAll();
    await requestHandler.close();
    await Promise.all([closed, store.close()]);
  }

  return {
    async listen() {
      try {
        await cluster?.start(gateway, (observer, connect) => {
          const coordinator = coordinatorFor(observer);
          return { coordinator, requestHandler: new LocalRequestHandler({ coordinator, metrics, connect }) };
        });
        https = await openSecureServer(config, clock, bounds.deadlines ?? REQUEST_DEADLINES, http);
        const port = await listenOn(http, config.port, config.host);
        log.info({ host: config.host, port }, 'listening');
        if (https) {
          https.server.setTimeout(INACTIVE_MS);
          connections.watch(https.server);
          const host = config.lan ? EVERY_NETWORK : config.host;
          const securePort = await listenOn(https.server, config.httpsPort, host);
          log.info({ host, port: securePort }, 'listening for HTTPS');
          const secureUrls = https.hosts.map((name) => urlOf('https', name, securePort));
          lan = { secureUrls, isOwnCertificate: https.isOwnCertificate };
        }
        const name = isEveryNetwork(config.host) ? 'localhost' : config.host;
        return { port, url: urlOf('http', name, port), lan };
      } catch (cause) {
        await end({ isReplaced: false });
        throw cause;
      }
    },

    async close({ isReplaced } = { isReplaced: false }) {
      log.info({ ...requestHandler.counts(), isReplaced }, 'stopping');
      draining = true;
      if (config.drainDelayS > 0 && !isReplaced) await sleep(config.drainDelayS * 1_000);
      await end({ isReplaced });
      log.info('stopped');
    },
  };
}

async function storeOf({ stateDir }: Config, clock: ServerClock, log: Logger): Promise<Store> {
  try {
    return await FileStore.open(stateDir, clock, log);
  } catch (cause) {
    log.warn(
      { err: cause, stateDir },
      'cannot keep reputations here: they are lost when this process ends; see STATE_DIR',
    );
    return new MemoryStore(clock);
  }
}

/** Loads the cluster's packages only with Redis: they take a quarter of a server's start. */
async function openCluster(url: string, log: Logger, maxStreamBytes?: number): Promise<Cluster> {
  const { Cluster } = await import('./cluster/cluster.ts');
  return Cluster.open(url, log, maxStreamBytes);
}

async function inviteSecretOf({ stateDir }: Config, log: Logger): Promise<string> {
  try {
    return await keptInviteSecret(stateDir);
  } catch (cause) {
    log.warn(
      { err: cause, stateDir },
      'cannot keep a secret here: invites become invalid when this process ends; see STATE_DIR',
    );
    return randomBytes(32).toString('base64url');
  }
}

/**
 * How many connections one address may have open, with and without a request. Behind a proxy all come from it, and it has limits of
 * its own. Twice the sockets, since a page also loads files.
 */
function connectionsPerAddress({ limitFactor, trustedProxies }: Config): number {
  if (limitFactor === 0 || trustedProxies > 0) return Number.POSITIVE_INFINITY;
  return 2 * LIMITS.socketsPerAddress * limitFactor;
}

/** Whether pages are given a relay: by TURN_URLS, or by an entry of ICE_SERVERS. */
function hasRelay({ turnUrls, iceServers }: Config): boolean {
  return turnUrls.length > 0 || iceServers.flatMap(({ urls }) => urls).some((url) => /^turns?:/.test(url));
}
