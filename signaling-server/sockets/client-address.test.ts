import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddress, hashedNetworksOf, hashedProviderOf, isFromThisMachine, networksOf } from './client-address.ts';

const request = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ headers: { host: 'localhost:8080', ...headers }, socket: { remoteAddress } }) as unknown as IncomingMessage;

test('without a trusted proxy, X-Forwarded-For is ignored', () => {
  const forged = request('203.0.113.5', { 'x-forwarded-for': '127.0.0.1' });
  expect(clientAddress(forged, 0)).toBe('203.0.113.5');
});

test('behind proxies, only the entries they wrote themselves are trusted', () => {
  const forged = request('127.0.0.1', { 'x-forwarded-for': '10.0.0.1, 198.51.100.7, 192.0.2.9' });
  expect(clientAddress(forged, 1)).toBe('192.0.2.9');
  expect(clientAddress(forged, 2)).toBe('198.51.100.7');
  expect(clientAddress(request('127.0.0.1'), 1), 'a request that bypassed the proxy').toBe('127.0.0.1');
  expect(clientAddress(request('127.0.0.1', { 'x-forwarded-for': 'unknown' }), 1), 'no address').toBe('127.0.0.1');
});

test.each([
  ['192.0.2.9:4711', '192.0.2.9'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
])('a proxy may write a port too: %s is %s', (entry, address) => {
  expect(clientAddress(request('127.0.0.1', { 'x-forwarded-for': entry }), 1)).toBe(address);
});

test('limits count an IPv4 address, an IPv6 /64, and the networks around them', () => {
  const of = (address: string) => networksOf(address).map(({ prefix, times }) => `${prefix} x${times}`);
  expect(clientAddress(request('::ffff:192.0.2.9'), 0)).toBe('192.0.2.9');
  expect(of('192.0.2.9')).toEqual(['192.0.2.9 x1', '192.0.2.0/24 x8']);
  const site = ['2001:db8:1:1ff::/64 x1', '2001:db8:1:100::/56 x2', '2001:db8:1::/48 x4'];
  expect(of('2001:db8:1:1ff:aaaa::1')).toEqual(site);
  expect(of('2001:0db8:0001:01ff:bbbb:cccc:dddd:eeee')).toEqual(site);
  expect(of('::1')[0]).toBe('::/64 x1');
  expect(of('')).toEqual([' x1']);
});

test('a provider is an IPv4 /16 or an IPv6 /32, hashed too', () => {
  const of = (address: string) => hashedProviderOf(address, 'secret');
  expect(of('192.0.2.9')).toBe(of('192.0.200.1'));
  expect(of('192.1.2.9')).not.toBe(of('192.0.2.9'));
  expect(of('2001:db8:1::1')).toBe(of('2001:db8:ffff::1'));
  expect(of('2001:db9::1')).not.toBe(of('2001:db8::1'));
  expect(of('')).toMatch(/^[\w-]{16}$/);
  expect(hashedProviderOf('192.0.2.9', 'another')).not.toBe(of('192.0.2.9'));
});

test('addresses are passed on only as keyed hashes: equal networks have equal hashes, which cannot be guessed without the key', () => {
  const [one, two] = [hashedNetworksOf('192.0.2.9', 'secret'), hashedNetworksOf('192.0.2.10', 'secret')];
  expect(JSON.stringify([one, two])).not.toContain('192');
  expect(one[0].key).not.toBe(two[0].key);
  expect(one[1]).toEqual(two[1]);
  expect(hashedNetworksOf('192.0.2.9', 'another')[0].key).not.toBe(one[0].key);
});

test.each([
  ['127.0.0.1', {}, true],
  ['::1', { host: '[::1]:8080' }, true],
  ['::ffff:127.0.0.1', { host: '127.0.0.1' }, true],
  ['192.168.1.7', {}, false],
  ['127.0.0.1', { 'x-forwarded-for': '192.0.2.9' }, false],
  ['127.0.0.1', { via: '1.1 proxy' }, false],
  ['127.0.0.1', { host: 'rebound.example' }, false],
  ['127.0.0.1', { host: 'play.example.org' }, false],
])('a request from %s with %j is from this machine: %s', (address, headers, expected) => {
  expect(isFromThisMachine(request(address, headers as Record<string, string>))).toBe(expected);
});
