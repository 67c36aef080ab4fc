import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddress, isFromThisMachine, limitKey } from './client-address.ts';

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
  const withPort = request('127.0.0.1', { 'x-forwarded-for': '192.0.2.9:4711' });
  expect(clientAddress(withPort, 1), 'an entry that is no address').toBe('127.0.0.1');
});

test('limits count an IPv4 address as itself and an IPv6 address as its /64 network', () => {
  expect(clientAddress(request('::ffff:192.0.2.9'), 0)).toBe('192.0.2.9');
  expect(limitKey('192.0.2.9')).toBe('192.0.2.9');
  expect(limitKey('2001:db8:1:2:aaaa::1')).toBe('2001:db8:1:2::/64');
  expect(limitKey('2001:0db8:0001:0002:bbbb:cccc:dddd:eeee')).toBe('2001:db8:1:2::/64');
  expect(limitKey('2001:db8::1')).toBe('2001:db8::/64');
  expect(limitKey('::1')).toBe('::/64');
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
