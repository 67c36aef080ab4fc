import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** A Host header that can stand in a policy; anything else could add directives of its own. */
const PLAIN_HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i;

/** 'self' covers our socket in Chromium; other browsers want its scheme spelled out. */
const ourSockets = ({ headers: { host = '' } }: IncomingMessage) =>
  PLAIN_HOST.test(host) ? `ws://${host} wss://${host}` : "'self'";

/**
 * Every response carries the same headers, workers' scripts included: a worker is governed by those of its own script, and any
 * page of ours, /healthz too, may import the SDK. Strict-Transport-Security is left to whatever ends TLS.
 */
export const applySecurityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      // WebAssembly needs a word of its own; scripts from strings stay forbidden.
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:', 'data:'],
      mediaSrc: ["'self'", 'blob:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'", ourSockets],
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

/** For the SDK's files, which a page of another origin may import (p2c2r.d.ts). */
export function shareWithOtherOrigins(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
}
