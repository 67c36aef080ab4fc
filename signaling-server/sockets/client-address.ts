import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';
import type { Sender } from './limits.ts';

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

/** A network that limits count as one client. */
export interface Network {
  /** In CIDR notation; a single IPv4 address has no length. */
  prefix: string;
  /** Its members together may use this many times the allowance of one client. */
  times: number;
}

/**
 * Prefix lengths of the networks that limits are counted for, bits. A provider assigns a site anything from a /64 to a /48 (RFC 6177), so
 * without this a site with a /48 could act as 65,536 clients. The 256 addresses of an IPv4 /24 may belong to 256 households, but also to one
 * customer of a hosting company.
 */
const IPV6_PREFIXES = [
  { bits: 64, times: 1 },
  { bits: 56, times: 2 },
  { bits: 48, times: 4 },
] as const;
const IPV4_WIDER = { bits: 24, times: 8 } as const;

/**
 * The IP address that a request came from. Each proxy appends the address it saw to X-Forwarded-For; only the entries that our own
 * proxies wrote are trusted. An IPv4 address mapped into IPv6 is returned as IPv4.
 * @param trustedProxies how many of our proxies a request passes.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const address = proxyAddr(request, (_address, hop) => hop < trustedProxies);
  // A proxy may write something that is no address. Then not every connection must get limits of its own.
  return normalize(withoutPort(address)) ?? normalize(request.socket.remoteAddress) ?? '';
}

/** Some proxies, such as Azure's, write the port too: `192.0.2.9:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  const parts = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d+)?$/i.exec(entry);
  return parts?.[1] ?? parts?.[2] ?? entry;
}

/** The networks whose limits apply to an address, narrowest first. */
export function networksOf(address: string): Network[] {
  if (ipaddr.IPv6.isValid(address)) {
    return IPV6_PREFIXES.map(({ bits, times }) => {
      const network = ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
      return { prefix: `${network.toString()}/${bits}`, times };
    });
  }
  const single = { prefix: address, times: 1 };
  if (!ipaddr.IPv4.isValid(address)) return [single];
  const { bits, times } = IPV4_WIDER;
  const network = ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`);
  return [single, { prefix: `${network.toString()}/${bits}`, times }];
}

/** Prefix lengths of what one provider has at least, bits: registries assign an IPv6 /32 (RIPE-738, 5.1.2); in IPv4 a /16 is a large part of a provider. */
const PROVIDER_BITS = { IPv4: 16, IPv6: 32 } as const;

/** The provider's network around an address, under a name that hides it as those of `hashedNetworksOf` do. */
export function hashedProviderOf(address: string, key: string): string {
  if (!ipaddr.isValid(address)) return hashOf(address, key);
  const kind = ipaddr.IPv6.isValid(address) ? 'IPv6' : 'IPv4';
  const cidr = `${address}/${PROVIDER_BITS[kind]}`;
  return hashOf(`${ipaddr[kind].networkAddressFromCIDR(cidr).toString()}/${PROVIDER_BITS[kind]}`, key);
}

/**
 * The same networks under names that hide the address, for Redis and logs. The names are keyed hashes: without a key, all four billion IPv4
 * addresses could be tried in minutes.
 */
export function hashedNetworksOf(address: string, key: string): Sender['networks'] {
  const [first, ...others] = networksOf(address).map(({ prefix, times }) => ({ key: hashOf(prefix, key), times }));
  return [first ?? { key: '', times: 1 }, ...others];
}

function hashOf(prefix: string, key: string): string {
  const hash = createHmac('sha256', key).update(`network ${prefix}`).digest();
  return hash.subarray(0, 12).toString('base64url');
}

/**
 * Whether a request comes from a person or a program on this machine. False for a request that a local proxy passes on, and for one whose
 * Host header names another machine: a foreign page may point its own domain name at 127.0.0.1 (DNS rebinding).
 */
export function isFromThisMachine({ headers, socket }: IncomingMessage): boolean {
  const address = normalize(socket.remoteAddress);
  if (address === null || ipaddr.parse(address).range() !== 'loopback') return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  return LOOPBACK_NAMES.has(headers.host?.toLowerCase().replace(/:\d+$/, '') ?? '');
}

/** Sockets that listen on IPv6 report IPv4 addresses as `::ffff:192.0.2.9`. @returns null when the text is not an address. */
export function normalize(address = ''): string | null {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : null;
}
