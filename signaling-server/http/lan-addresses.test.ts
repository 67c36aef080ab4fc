import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { lanAddresses, presentLanAddresses } from './lan-addresses.ts';

const entry = (address: string) => ({ address, internal: false });
const LOOPBACK = [
  { address: '127.0.0.1', internal: true },
  { address: '::1', internal: true },
];

test('the adapter with the default route comes first, virtual ones below, IPv4 before IPv6', () => {
  const interfaces = {
    lo: LOOPBACK,
    docker0: [entry('172.17.0.1'), entry('fe80::42')],
    vboxnet0: [entry('192.168.56.1')],
    wlan0: [entry('2001:db8:1::9'), entry('fd00::7'), entry('fe80::7'), entry('192.168.1.7')],
  };
  expect(lanAddresses(interfaces, ['192.168.1.7', '2001:db8:1::9'])).toEqual([
    '192.168.1.7',
    'fd00::7',
    '2001:db8:1::9',
    '172.17.0.1',
    '192.168.56.1',
  ]);
});

test('private addresses come first where no adapter has a default route', () => {
  expect(lanAddresses({ a: [entry('198.51.100.7')], b: [entry('10.0.0.5')] }, [])).toEqual([
    '10.0.0.5',
    '198.51.100.7',
  ]);
});

test('a machine with IPv6 alone is named by it, and one without a network by nothing', () => {
  expect(lanAddresses({ lo: LOOPBACK, eth0: [entry('fe80::1'), entry('fd00::2')] }, ['fd00::2'])).toEqual(['fd00::2']);
  expect(lanAddresses({ lo: LOOPBACK }, [])).toEqual([]);
});

test('the present addresses are those of this machine', async () => {
  const own = Object.values(networkInterfaces()).flatMap((entries = []) => entries.map(({ address }) => address));
  for (const address of await presentLanAddresses()) expect(own).toContain(address);
});
