import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { RELAY_USERS_PER_SITE } from '../signaling-server/access/turn.ts';
import { ROOT } from './child.mjs';

/** What is shipped to run on the internet is what the tests run: see also e2e/relay.e2e.ts and the tests with Redis. */
const read = (file: string) => readFileSync(join(ROOT, 'deploy', file), 'utf8');
const lines = (file: string) => read(file).split('\n');

test('no secret is on a command line', () => {
  const commands = read('compose.yaml').match(/^ +(command|entrypoint|healthcheck):.*(\n +- .*)*/gm) ?? [];
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) expect(command).not.toMatch(/SECRET|TOKEN|PASSWORD/);
});

test('Redis evicts nothing, and coturn and Redis take their options from the files that the tests use', () => {
  expect(lines('redis.conf')).toContain('maxmemory-policy noeviction');
  expect(read('compose.yaml')).toContain('command: [redis-server, /etc/p2c2r/redis.conf]');
  expect(read('compose.yaml')).toContain('entrypoint: [sh, /etc/p2c2r/start-coturn.sh]');
});

test('the relay has quotas and no TCP, and every range that is not of the internet is denied to it', () => {
  for (const option of ['no-tcp-relay', 'no-multicast-peers', 'use-auth-secret', 'no-cli']) {
    expect(lines('turnserver.conf')).toContain(option);
  }
  const optionOf = (name: string) => Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(read('turnserver.conf'))?.[1]);
  for (const quota of ['user-quota', 'total-quota', 'max-bps']) expect(optionOf(quota), quota).toBeGreaterThan(0);
  // Whatever one site opens, most of the relay is left for others.
  expect(RELAY_USERS_PER_SITE * optionOf('user-quota')).toBeLessThan(optionOf('total-quota') / 3);
  const denied = [...read('turnserver.conf').matchAll(/^denied-peer-ip=(\S+)$/gm)].map(([, range = '']) => {
    const [first = '', last = first] = range.split('-');
    return { first: bytesOf(first), last: bytesOf(last) };
  });
  const isDenied = (bytes: Buffer) =>
    denied.some(
      ({ first, last }) =>
        first.length === bytes.length && Buffer.compare(first, bytes) <= 0 && Buffer.compare(bytes, last) <= 0,
    );
  for (const network of FORBIDDEN) {
    const [address, bits] = ipaddr.parseCIDR(network);
    const first = Buffer.from(address.toByteArray());
    const last = Buffer.from(first);
    for (let bit = bits; bit < last.length * 8; bit++) last[bit >> 3] = (last[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
    expect([isDenied(first), isDenied(last)], network).toEqual([true, true]);
  }
  for (const address of ['8.8.8.8', '100.128.0.1', '172.32.0.1', '2606:4700::1', '2a00::1']) {
    expect(isDenied(bytesOf(address)), address).toBe(false);
  }
});

test('Caddy tells browsers to come back over HTTPS only', () => {
  expect(read('Caddyfile')).toMatch(/header Strict-Transport-Security "max-age=\d{8}"/);
});

const bytesOf = (address: string) => Buffer.from(ipaddr.parse(address).toByteArray());

/** IANA's registries of special-purpose addresses, without those of documentation. */
const FORBIDDEN = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4', '::1/128', '::ffff:0:0/96', '64:ff9b::/96'],
  ...['64:ff9b:1::/48', '100::/64', '2001::/32', '2002::/16', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
];
