import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** A Host header that is safe to put into a policy; any other could add directives of its own. */
const PLAIN_HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i;

/** In Chromium 'self' covers WebSockets to the same host; other browsers need their scheme spelled out. */
const ownSockets = ({ headers: { host = '' } }: IncomingMessage) =>
  PLAIN_HOST.test(host) ? `ws://${host} wss://${host}` : "'self'";

/**
 * Sets the security headers, the same on every response. That includes scripts of workers, since a worker follows the policy of its
 * own script, and /healthz, since any page of ours may import the SDK. Strict-Transport-Security is left to the TLS proxy.
 */
export const applySecurityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      // Allows WebAssembly; code from strings stays forbidden.
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:', 'data:'],
      mediaSrc: ["'self'", 'blob:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'", ownSockets],
      workerSrc: ["'self'", 'blob:'],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
    },
  },
  crossOriginEmbedderPolicy: { policy: 'require-corp' },
  crossOriginOpenerPolicy: { policy: 'same-origin' },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
});

/** Lets pages of other origins load this response, as they do with the SDK's files. */
export function shareWithOtherOrigins(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
}

/**
 * Whether a page of `origin` may open a socket. Programs send no Origin header and are admitted: this check protects people whose
 * browser a foreign page could use; it does not keep out anyone who writes a client.
 * @param host the Host header of the request, so that a server recognizes its own origin behind any name or proxy.
 */
export function mayConnect(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
