import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Lan } from '../../shared/lan.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import type { ServerStatus } from '../../shared/status.ts';
import type { Counts } from '../rooms/rooms.ts';
import type { Metrics } from './metrics.ts';
import { refuseAccess } from './operator-access.ts';
import type { Pages } from './pages.ts';
import { applySecurityHeaders } from './security-headers.ts';

/** What `/healthz` tells a person, a monitor or a script. */
export interface Health {
  version: string;
  uptimeS: number;
  /** May a volunteer come without an invite? */
  lobby: boolean;
  counts: Counts & { sockets: number };
}

/** What is under OPERATOR_PATHS: for whoever runs the server. */
interface Operator {
  metrics: Metrics;
  /** Empty: nobody but this machine. */
  token: string;
}

interface Parts {
  /** Null when there are none. */
  pages: Pages | null;
  health: () => Health;
  /** Why a balancer is to send nobody new; null when it may. */
  unreadiness: () => string | null;
  /** Where other machines find this server. */
  lan: () => Lan;
  operator: Operator;
  log: Logger;
}

const NO_PAGES =
  'The pages are not there. Run `npm start`, which builds them, or set PAGES_DIR, then restart the server.';

const OPERATOR_PATHS = ['/metrics', '/status.json'];

const MODELS = '/models/';

/** Everything but the sockets. */
export function httpHandler(parts: Parts): RequestListener {
  return (request, response) => {
    applySecurityHeaders(request, response, () => {
      answer(request, response, parts).catch((cause: unknown) => {
        // A reader that went away mid-file is its own affair; anything else is ours.
        if (!response.destroyed) parts.log.error({ err: cause }, 'a request failed');
        response.destroy();
      });
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const { pages, health, unreadiness, lan } = parts;
  const path = request.url?.split('?', 1)[0] ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendText(response, 405, 'Only GET and HEAD are answered here.');
  }
  if (path === '/healthz') return sendJson(response, { status: 'ok', protocolVersion: PROTOCOL_VERSION, ...health() });
  if (path === '/readyz') {
    const why = unreadiness();
    return sendText(response, why === null ? 200 : 503, why ?? 'ready');
  }
  if (path === '/lan.json') return sendJson(response, lan());
  if (OPERATOR_PATHS.includes(path)) return tellOperator(path, request, response, parts);
  if (!pages || !(await pages.arePresent())) return sendText(response, 503, NO_PAGES);
  pages.serve(path, request, response, () => sendText(response, 404, nothingAt(path)));
}

function nothingAt(path: string): string {
  if (path.startsWith(MODELS))
    return 'There is no such file of a network. /models/manifest.json lists those there are.';
  return 'Nothing is here. The pages are /, /gamer, /volunteer, /compare, /status and /examples/.';
}

async function tellOperator(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  { operator: { metrics, token }, health }: Parts,
): Promise<void> {
  const refusal = refuseAccess(request, token);
  if (refusal) {
    metrics.refused(path.slice(1), 'not-invited');
    if (refusal.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    return sendText(response, refusal.status, refusal.text);
  }
  if (path === '/metrics') return sendText(response, 200, await metrics.text(), metrics.contentType);
  const { version, uptimeS } = health();
  return sendJson(response, { version, uptimeS, ...(await metrics.figures()) } satisfies ServerStatus);
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
