import type { IncomingMessage } from 'node:http';
import type { Config } from '../boot/settings.ts';

/** A Host header that is safe to put into a policy or a page; any other could add directives or elements of its own. */
export const PLAIN_HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i;

type Request = Pick<IncomingMessage, 'headers'>;

/**
 * Under which origin browsers reach this server. Without a proxy that is the Host header of their requests. A proxy may send another one:
 * its own, or the public one without its port.
 */
export class PublicAddress {
  /** PUBLIC_URL; null when it is not set. */
  readonly #url: URL | null;
  readonly #trustedProxies: number;
  readonly #allowed: readonly string[];

  constructor({
    publicUrl,
    trustedProxies,
    allowedOrigins,
  }: Pick<Config, 'publicUrl' | 'trustedProxies' | 'allowedOrigins'>) {
    this.#url = publicUrl === '' ? null : new URL(publicUrl);
    this.#trustedProxies = trustedProxies;
    this.#allowed = allowedOrigins;
  }

  /**
   * Whether the page that sent a request may open a socket. Programs send no Origin header and are admitted: this check protects people
   * whose browser a foreign page could use; it does not keep out anyone who writes a client.
   */
  mayConnect(request: Request): boolean {
    const { origin } = request.headers;
    if (origin === undefined) return !isEmbeddedElsewhere(request);
    return this.#allowed.includes('*') || this.#allowed.includes(origin) || this.#isOwn(origin, request);
  }

  /**
   * The address under which others reach this server, as far as a request tells: with a path of its own only by PUBLIC_URL.
   * @returns it with a slash at its end; null when the request names no plain host
   */
  urlOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string | null {
    if (this.#url) return this.#url.href.replace(/\/*$/, '/');
    const host = this.#hostsIn(request)[0] ?? '';
    if (!PLAIN_HOST.test(host)) return null;
    const forwarded = [request.headers['x-forwarded-proto'] ?? []].flat().flatMap((list) => list.split(','));
    const [proto = ''] = this.#trustedProxies === 0 ? [] : forwarded.slice(-this.#trustedProxies);
    const isEncrypted = proto === '' ? 'encrypted' in request.socket : proto.trim() === 'https';
    return `${isEncrypted ? 'https' : 'http'}://${host}/`;
  }

  /** The host, with its port if that is not the default, under which a browser sent a request: volunteers sign it. */
  hostOf(request: Request): string {
    const { origin } = request.headers;
    if (origin !== undefined && this.#isOwn(origin, request)) return new URL(origin).host;
    return this.#url?.host ?? this.#hostsIn(request)[0] ?? '';
  }

  /**
   * The path without that of PUBLIC_URL, which some proxies pass on and others remove.
   * @param path of a request, with its query
   */
  localPath(path: string): string {
    const prefix = this.#url?.pathname ?? '/';
    return prefix !== '/' && path.startsWith(prefix) ? path.slice(prefix.length - 1) : path;
  }

  #isOwn(origin: string, request: Request): boolean {
    if (!URL.canParse(origin)) return false;
    const page = new URL(origin);
    if (page.origin === this.#url?.origin) return true;
    return this.#hostsIn(request).some((host) => {
      const address = `${page.protocol}//${host}`;
      if (!URL.canParse(address)) return false;
      const own = new URL(address);
      // Of what a proxy says only the name counts: many drop the port or send their own, and the public one may be that of a router.
      const isPortKnown = this.#trustedProxies === 0 || this.#url !== null;
      return isPortKnown ? own.host === page.host : own.hostname === page.hostname;
    });
  }

  /** The hosts that a request names, the outermost first. Each proxy appends what it saw to X-Forwarded-Host, or replaces it. */
  #hostsIn({ headers }: Request): string[] {
    const forwarded = [headers['x-forwarded-host'] ?? []].flat().flatMap((list) => list.split(','));
    const trusted = this.#trustedProxies === 0 ? [] : forwarded.slice(-this.#trustedProxies);
    return [...trusted, headers.host ?? ''].map((host) => host.trim().toLowerCase()).filter((host) => host !== '');
  }
}

/**
 * Whether a page of another origin made a browser send a request that it may not read, as with an image. These have no Origin header either. Pages that
 * may connect send one, and only requests of our own pages may lack it. Browsers say so at https addresses and on this machine.
 */
function isEmbeddedElsewhere({ headers }: Request): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}
