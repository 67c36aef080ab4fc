import { expect, test } from 'vitest';
import { lanWords } from './lan-messages.ts';

const LAN = { secureUrls: ['https://192.168.1.7:8443/', 'https://10.0.0.2:8443/'], isOwnCertificate: true };
const NO_LAN = { secureUrls: [], isOwnCertificate: false };

test('on the server’s own machine a link leads nobody else anywhere, and there is a better page', () => {
  const words = { kind: 'here-only', betterUrl: 'https://192.168.1.7:8443/gamer' };
  expect(lanWords('http://localhost:8080/gamer', LAN)).toEqual(words);
  expect(lanWords('http://127.0.0.1:8080/gamer', LAN)).toEqual(words);
  expect(lanWords('http://localhost:8080/gamer', NO_LAN)).toBeNull();
});

test('on the network the browser’s warning is explained, where there is one', () => {
  expect(lanWords('https://192.168.1.7:8443/gamer', LAN)).toEqual({ kind: 'warning' });
  expect(lanWords('https://192.168.1.7:8443/gamer', { ...LAN, isOwnCertificate: false })).toBeNull();
  expect(lanWords('https://play.example.org/gamer', NO_LAN)).toBeNull();
});
