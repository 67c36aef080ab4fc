import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { PROTOCOL_VERSION } from '../shared/signaling.ts';
import type { Pages } from './pages.ts';
import type { Counts } from './rooms.ts';
import { applySecurityHeaders, shareWithOtherOrigins } from './security-headers.ts';

/** What `/healthz` tells a person, a monitor or a script. */
export interface Health {
  version: string;
  uptimeS: number;
  /** May a volunteer come without an invite? */
  lobby: boolean;
  counts: Counts & { sockets: number };
}

interface Parts {
  /** Null when there are none. */
  pages: Pages | null;
  health: () => Health;
  log: Logger;
}

const NO_PAGES =
  'The pages are not there. Run `npm start`, which builds them, or set PAGES_DIR, then restart the server.';

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

async function answer(request: IncomingMessage, response: ServerResponse, { pages, health }: Parts): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendText(response, 405, 'Only GET and HEAD are answered here.');
  }
  if (path === '/healthz') return sendHealth(response, health());
  if (!pages) return sendText(response, 503, NO_PAGES);
  // Else the SDK in a page of another origin cannot tell a file that is missing from a server that is away.
  if (path.startsWith(MODELS)) shareWithOtherOrigins(response);
  if (!pages.has(path)) return sendText(response, 404, nothingAt(path));
  if (!(await pages.serve(path, request, response))) sendText(response, 503, NO_PAGES);
}

function nothingAt(path: string): string {
  if (path.startsWith(MODELS))
    return 'There is no such file of a network. /models/manifest.json lists those there are.';
  return 'Nothing is here. The pages are /, /gamer, /volunteer and /compare.';
}

function sendHealth(response: ServerResponse, health: Health): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify({ status: 'ok', protocolVersion: PROTOCOL_VERSION, ...health }));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${text}\n`);
}
