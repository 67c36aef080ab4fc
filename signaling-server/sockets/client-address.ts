import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';
import type { Sender } from './limits.ts';

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** A network that limits count as one client. */
export interface Network {
  /** In CIDR notation; of a single IPv4 address without the length. */
  prefix: string;
  /** How many times the allowance of one client its members have together. */
  times: number;
}

/**
 * Lengths of the prefixes that limits count under, bits. A provider assigns a site anything from a /64 to a /48 (RFC 6177), so whoever
 * has a /48 could otherwise be 65,536 clients. An IPv4 network of 256 addresses may belong to as many households, but also to one
 * hoster's customer.
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
  // A proxy that writes something else, such as a port, must not give every connection a limit of its own.
  return normalize(address) ?? normalize(request.socket.remoteAddress) ?? '';
}

/** The networks that limits count an address under, narrowest first. */
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

/**
 * The same networks under names that tell nobody an address, for Redis and logs. Keyed, since without a key four billion IPv4
 * addresses are tried in minutes.
 */
export function hashedNetworksOf(address: string, key: string): Sender['networks'] {
  const [first, ...others] = networksOf(address).map(({ prefix, times }) => {
    const hash = createHmac('sha256', key).update(`network ${prefix}`).digest();
    return { key: hash.subarray(0, 12).toString('base64url'), times };
  });
  return [first ?? { key: '', times: 1 }, ...others];
}

/**
 * Whether a request comes from a person or a program on this machine. A request that a local proxy passes on does not. Neither does
 * one whose Host header names another machine: a foreign page may point a name of its own at 127.0.0.1 (DNS rebinding).
 */
export function isFromThisMachine({ headers, socket }: IncomingMessage): boolean {
  const address = normalize(socket.remoteAddress);
  if (address === null || ipaddr.parse(address).range() !== 'loopback') return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  return LOOPBACK_NAMES.has(headers.host?.toLowerCase().replace(/:\d+$/, '') ?? '');
}

/** Sockets that listen on IPv6 report IPv4 addresses as `::ffff:192.0.2.9`. @returns null for what is no address. */
export function normalize(address = ''): string | null {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : null;
}
