import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/**
 * The address a request came from. Each proxy appends whom it heard; only what our own proxies wrote is believed, so the entry is
 * counted from the end.
 */
export function clientAddress({ headers, socket }: IncomingMessage, trustedProxies: number): string {
  const direct = plain(socket.remoteAddress ?? '');
  if (trustedProxies === 0) return direct;
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const claimed = plain(forwarded.at(-trustedProxies)?.trim() ?? '');
  return claimed || direct;
}

/**
 * Whom a limit per address counts: an IPv4 address, or the /64 of an IPv6 one, which a single household has whole.
 */
export function limitKey(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const before = head ? head.split(':') : [];
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/**
 * Whether a request comes from a person or a program on this very machine. One that a proxy here passes on does not, and neither
 * does one whose Host is a name of elsewhere: a foreign page may have a name of its own lead to 127.0.0.1.
 */
export function isFromThisMachine({ headers, socket }: IncomingMessage): boolean {
  const address = plain(socket.remoteAddress ?? '');
  if (!LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  return LOOPBACK_NAMES.has(headers.host?.toLowerCase().replace(/:\d+$/, '') ?? '');
}

/** Sockets that listen on IPv6 give IPv4 addresses mapped into it. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '');
