import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'internal'>[] | undefined>>;

/**
 * This machine's addresses in its networks, the most likely to be reached first: those of the adapter with the default route, since
 * the others are often virtual; then private ones, since a guest at home can seldom use a public one; IPv4 before IPv6.
 * @param routed the addresses from which this machine reaches the internet
 */
export function lanAddresses(interfaces: Interfaces, routed: readonly string[]): string[] {
  const rankOf = (addresses: readonly string[], address: string) => [
    addresses.some((other) => routed.includes(other)) ? 0 : 1,
    isIPv4(address) ? 0 : 1,
    isPrivate(address) ? 0 : 1,
    // Of several IPv6 addresses the one in use outlives the others.
    routed.includes(address) ? 0 : 1,
  ];
  const ranked = Object.values(interfaces).flatMap((entries = []) => {
    const addresses = entries.flatMap(({ address, internal }) => (internal || isOfLink(address) ? [] : address));
    return addresses.map((address) => ({ address, rank: rankOf(addresses, address) }));
  });
  return ranked.sort((a, b) => compare(a.rank, b.rank)).map(({ address }) => address);
}

/** {@link lanAddresses} as they are now. */
export async function presentLanAddresses(): Promise<string[]> {
  const routed = await Promise.all([sourceTowards('udp4', '192.0.2.1'), sourceTowards('udp6', '2001:db8::1')]);
  return lanAddresses(networkInterfaces(), routed.flat());
}

/** Addresses such as fe80::1 mean something to one network only, and no browser takes them. */
function isOfLink(address: string): boolean {
  return ipaddr.parse(address).range() === 'linkLocal';
}

function isPrivate(address: string): boolean {
  return ['private', 'uniqueLocal'].includes(ipaddr.parse(address).range());
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, index) => value - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/**
 * The address from which the system would send to another one. Nothing is sent: connecting a UDP socket only looks the route up.
 * @param target of the ranges for documentation (RFC 5737, RFC 3849), which only the default route covers
 * @returns none without such a route
 */
async function sourceTowards(type: 'udp4' | 'udp6', target: string): Promise<string[]> {
  const socket = createSocket(type);
  try {
    socket.connect(9, target);
    await once(socket, 'connect');
    return [socket.address().address];
  } catch {
    return [];
  } finally {
    socket.close();
  }
}
