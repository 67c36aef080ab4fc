import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Length of the network prefix that limits count as one IPv6 client, bits: a provider assigns a site at least a /64 (RFC 6177). */
const IPV6_PREFIX_BITS = 64;

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

/**
 * The key under which limits count an address: an IPv4 address itself, and the /64 network of an IPv6 address, since one household
 * can use every address in it.
 */
export function limitKey(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${address}/${IPV6_PREFIX_BITS}`);
  return `${network.toString()}/${IPV6_PREFIX_BITS}`;
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
function normalize(address = ''): string | null {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : null;
}
