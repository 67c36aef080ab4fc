import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { PLAIN_HOST, type PublicAddress } from './public-address.ts';

/** In Chromium 'self' covers WebSockets to the same host; other browsers need their scheme spelled out. */
const ownSockets = (host: string) => (PLAIN_HOST.test(host) ? `ws://${host} wss://${host}` : "'self'");

function connectedBesides(request: IncomingMessage, address: Pick<PublicAddress, 'hostOf'>): string {
  const sockets = ownSockets(address.hostOf(request));
  return FETCHES_MODELS.test(request.url ?? '') ? `${sockets} https:` : sockets;
}

/**
 * The workers that fetch models, also from other servers: whoever runs a volunteer says from which (`acceptModelsFrom`), may change it at any
 * time, and is told where a redirect leads, so the policy cannot name them. These workers load no other scripts than ours.
 */
const FETCHES_MODELS = /^\/assets\/(?:stream|volunteer)\.worker-[\w-]+\.js(?:\?|$)/;

/**
 * Sets the security headers, the same on every response but the scripts of {@link FETCHES_MODELS}. That includes scripts of workers, since a worker follows the policy of its
 * own script, and /healthz, since any page of ours may import the SDK. Strict-Transport-Security is left to the TLS proxy.
 */
export function securityHeaders(address: Pick<PublicAddress, 'hostOf'>) {
  return helmet({
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
        connectSrc: ["'self'", (request: IncomingMessage) => connectedBesides(request, address)],
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
}

/** Lets pages of other origins load this response, as they do with the SDK's files. */
export function shareWithOtherOrigins(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
}
