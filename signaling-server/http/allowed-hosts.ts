import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Config } from '../boot/settings.ts';

type HostConfig = Pick<Config, 'allowedHosts' | 'allowedOrigins' | 'host' | 'publicUrl' | 'trustedProxies'>;

/**
 * Under which names this server may be addressed. A foreign page may point a name of its own at this machine or at one of the local
 * network (DNS rebinding): its requests then pass for those of our own pages, but their Host header holds that name. An address cannot
 * be pointed anywhere. Nor is there such a page behind a proxy that has a public name, and the proxy knows its names.
 */
export class AllowedHosts {
  readonly #names: ReadonlySet<string>;
  readonly #isAny: boolean;

  /** @param isCertified whether the certificate in TLS_CERT names a host */
  constructor(
    { allowedHosts, allowedOrigins, host, publicUrl, trustedProxies }: HostConfig,
    private readonly isCertified: (name: string) => boolean = () => false,
  ) {
    const ofOrigins = allowedOrigins.flatMap((origin) => (URL.canParse(origin) ? new URL(origin).hostname : []));
    const own = hostname().toLowerCase();
    const always = ['localhost', ...(publicUrl === '' ? [] : [new URL(publicUrl).hostname])];
    const known = [host.toLowerCase(), own, `${own}.local`, ...ofOrigins];
    this.#names = new Set([...always, ...(allowedHosts.length > 0 ? allowedHosts : known)]);
    this.#isAny = allowedHosts.includes('*') || (allowedHosts.length === 0 && trustedProxies > 0);
  }

  /** @param header the Host header of a request; browsers always send one */
  allows(header: string | undefined): boolean {
    if (this.#isAny || header === undefined) return true;
    const name = nameIn(header.toLowerCase());
    if (name === null) return false;
    return isIP(name) !== 0 || name.endsWith('.localhost') || this.#names.has(name) || this.isCertified(name);
  }
}

/** The response to a request for another host name. */
export const WRONG_HOST =
  'This server does not accept this host name. Its operator can allow the name with ALLOWED_HOSTS, or, with a proxy in front of it, set TRUSTED_PROXIES or PUBLIC_URL.';

/** @returns the name or address without its port; null for what is no host */
function nameIn(header: string): string | null {
  const parts = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d+)?$/.exec(header);
  return parts?.[1] ?? parts?.[2]?.replace(/\.$/, '') ?? null;
}
