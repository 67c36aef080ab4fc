import { expect, test } from 'vitest';
import { lanAdvice } from './lan-notice.tsx';

const LAN = { secureUrls: ['https://192.168.1.7:8443/', 'https://10.0.0.2:8443/'], isOwnCertificate: true };
const NO_LAN = { secureUrls: [], isOwnCertificate: false };

test('on the server’s own machine, suggests an address that works for others', () => {
  const advice = { kind: 'here-only', betterUrl: 'https://192.168.1.7:8443/gamer' };
  expect(lanAdvice('http://localhost:8080/gamer', LAN)).toEqual(advice);
  expect(lanAdvice('http://127.0.0.1:8080/gamer', LAN)).toEqual(advice);
  expect(lanAdvice('http://[::1]:8080/gamer', LAN)).toEqual(advice);
});

test('on a server that no other machine can reach, says that the link works here only', () => {
  expect(lanAdvice('http://localhost:8080/gamer', NO_LAN)).toEqual({ kind: 'here-only', betterUrl: null });
});

test('on the network, explains the browser’s warning when there is one', () => {
  expect(lanAdvice('https://192.168.1.7:8443/gamer', LAN)).toEqual({ kind: 'warning' });
  expect(lanAdvice('https://192.168.1.7:8443/gamer', { ...LAN, isOwnCertificate: false })).toBeNull();
  expect(lanAdvice('https://play.example.org/gamer', NO_LAN)).toBeNull();
});
