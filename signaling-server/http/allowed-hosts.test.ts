import { get } from 'node:http';
import { hostname } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { TestBed } from '../test-server.ts';
import { AllowedHosts } from './allowed-hosts.ts';

/** DNS rebinding: a foreign page that points its own name at this machine is not taken for a page of ours. */
const bed = new TestBed();
afterEach(() => bed.end());

const ALONE = { allowedHosts: [], allowedOrigins: [], host: 'localhost', publicUrl: '', trustedProxies: 0 };
const FOREIGN = 'rebound.example';

test.each(['localhost:8080', 'LOCALHOST', 'p2c2r.localhost', '127.0.0.1:1', '[::1]:8080', '192.168.1.7', hostname()])(
  'a server at home answers to %s',
  (header) => expect(new AllowedHosts(ALONE).allows(header)).toBe(true),
);

test.each([FOREIGN, `${FOREIGN}:8080`, 'localhost.rebound.example', '127.0.0.1.rebound.example', 'a b', '', '[::1'])(
  'but not to "%s"',
  (header) => expect(new AllowedHosts(ALONE).allows(header)).toBe(false),
);

test('names are those of the origins, of the certificate, and of ALLOWED_HOSTS; a proxy knows its own', () => {
  const allows = (changes: Partial<typeof ALONE> | object, isCertified?: (name: string) => boolean) =>
    new AllowedHosts({ ...ALONE, ...changes }, isCertified).allows(`${FOREIGN}:443`);
  expect(allows({ allowedOrigins: [`https://${FOREIGN}:8443`, '*'] })).toBe(true);
  expect(allows({}, (name) => name === FOREIGN)).toBe(true);
  expect(allows({ trustedProxies: 1 })).toBe(true);
  expect(allows({ trustedProxies: 1, allowedHosts: ['play.example'] })).toBe(false);
  expect(allows({ allowedHosts: ['play.example', FOREIGN] })).toBe(true);
  expect(allows({ publicUrl: `https://${FOREIGN}/play/`, allowedHosts: ['play.example'] })).toBe(true);
  expect(allows({ allowedHosts: ['*'] })).toBe(true);
});

test('a rebound host name gets no page, no metrics and no socket', async () => {
  const { url } = await bed.server();
  const status = (path: string, headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      get(`${url}${path}`, { headers }, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
  for (const path of ['', 'gamer', 'healthz', 'lan.json', 'metrics']) {
    expect(await status(path, { host: FOREIGN }), path).toBe(421);
  }
  expect(await status('healthz', {})).toBe(200);
  // Its Origin and Host agree, since both are its own name.
  const rebound = bed.page(url, undefined, { host: FOREIGN, origin: `http://${FOREIGN}` });
  await expect(rebound.tryJoin()).rejects.toThrow();
  const own = bed.page(url, undefined, { origin: new URL(url).origin });
  expect(await own.tryJoin()).toMatchObject({ ok: true });
});
