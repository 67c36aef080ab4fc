import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Lan, ServerStatus } from '../../shared/server-status.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { isFromThisMachine } from '../sockets/client-address.ts';
import { type AllowedHosts, WRONG_HOST } from './allowed-hosts.ts';
import { answerCode, type FindInvite } from './code-requests.ts';
import type { Metrics } from './metrics.ts';
import { OWN_MODELS_PATH, type OwnModels } from './own-models.ts';
import type { Pages } from './pages.ts';
import type { PublicAddress } from './public-address.ts';
import { securityHeaders } from './security-headers.ts';

/** What `/healthz` reports. */
export interface Health {
  version: string;
  uptimeS: number;
  /** Whether volunteers may come without an invite. */
  lobby: boolean;
  /** Whether pages are given a TURN relay, so that people can hide their addresses from each other. */
  relay: boolean;
  counts: ServerStatus['now'];
}

interface Parts {
  /** Null when none are built. */
  pages: Pages | null;
  /** The operator's own; null where there are none. */
  ownModels: OwnModels | null;
  hosts: Pick<AllowedHosts, 'allows'>;
  address: PublicAddress;
  health: () => Health;
  /** Why a load balancer should send nobody new; null when the server is ready. */
  unreadiness: () => string | null;
  /** The addresses at which other machines reach this server. */
  lan: () => Lan;
  /** What a code of an invite stands for. */
  findInvite: FindInvite;
  metrics: Metrics;
  /** Opens OPERATOR_PATHS to other machines; empty: only this machine sees them. */
  operatorToken: string;
  log: Logger;
}

const NO_PAGES =
  'The pages are not built. Run `npm start`, which builds them, or set PAGES_DIR, then restart the server.';

/** For the operator of the server. */
const OPERATOR_PATHS = ['/metrics', '/status.json'];

const MODELS = '/models/';

/** Answers every HTTP request that is not for socket.io. */
export function httpHandler(parts: Parts): RequestListener {
  const applySecurityHeaders = securityHeaders(parts.address);
  return (request, response) => {
    applySecurityHeaders(request, response, () => {
      answer(request, response, parts).catch((cause: unknown) => {
        // A client that went away is no failure of ours.
        if (!response.destroyed) parts.log.error({ err: cause }, 'a request failed');
        response.destroy();
      });
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const { pages, ownModels, hosts, health, unreadiness, lan } = parts;
  if (!hosts.allows(request.headers.host)) {
    parts.metrics.refused('request', 'host');
    return sendText(response, 421, WRONG_HOST);
  }
  const path = request.url?.split('?', 1)[0] ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendText(response, 405, 'This server only answers GET and HEAD.');
  }
  if (path === '/healthz') return sendJson(response, { status: 'ok', protocolVersion: PROTOCOL_VERSION, ...health() });
  if (path === '/readyz') {
    const why = unreadiness();
    return sendText(response, why === null ? 200 : 503, why ?? 'ready');
  }
  if (path === '/lan.json') return sendJson(response, lan());
  if (await answerCode(path, request, response, parts.findInvite)) return;
  if (OPERATOR_PATHS.includes(path)) return answerOperator(path, request, response, parts);
  if (ownModels && path.startsWith(OWN_MODELS_PATH))
    return ownModels.serve(path, request, response, () => sendText(response, 404, nothingAt(path)));
  if (!pages || !(await pages.arePresent())) return sendText(response, 503, NO_PAGES);
  pages.serve(path, parts.address.urlOf(request), request, response, () => sendText(response, 404, nothingAt(path)));
}

function nothingAt(path: string): string {
  if (path.startsWith(MODELS)) return 'There is no such model file. /models/manifest.json lists the files that exist.';
  return 'There is nothing here. The pages are /, /gamer, /volunteer, /what-volunteers-see, /check, /compare, /status, /docs/ and /examples/.';
}

async function answerOperator(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, operatorToken, health }: Parts,
): Promise<void> {
  const refusal = refuseOperator(request, operatorToken);
  if (refusal) {
    metrics.refused(path.slice(1), 'not-invited');
    if (refusal.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    return sendText(response, refusal.status, refusal.text);
  }
  if (path === '/metrics') return sendText(response, 200, await metrics.text(), metrics.contentType);
  const { version, uptimeS } = health();
  return sendJson(response, { version, uptimeS, ...(await metrics.figures()) } satisfies ServerStatus);
}

/** @returns null when the request comes from this machine or has the token; otherwise the answer to it. */
function refuseOperator(request: IncomingMessage, operatorToken: string): { status: 401 | 403; text: string } | null {
  if (isFromThisMachine(request)) return null;
  if (!operatorToken) {
    return {
      status: 403,
      text: 'Only the server itself may see this. Set OPERATOR_TOKEN to see it from other machines.',
    };
  }
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token !== undefined && isSame(token, operatorToken)) return null;
  return { status: 401, text: 'Send the OPERATOR_TOKEN of the server as "Authorization: Bearer TOKEN".' };
}

/** Compares in constant time: how long it takes reveals neither the right characters nor the length of `expected`. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(value));
}

function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(text.endsWith('\n') ? text : `${text}\n`);
}
