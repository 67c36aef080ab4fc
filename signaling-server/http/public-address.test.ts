import { expect, test } from 'vitest';
import { PublicAddress } from './public-address.ts';

const ALONE = { publicUrl: '', trustedProxies: 0, allowedOrigins: [] };
const BEHIND = { ...ALONE, trustedProxies: 1 };

/** A request of a page of ours, unless it names another `origin`. */
const from = (host: string, forwardedHost?: string, origin = 'https://play.example:9443') => ({
  headers: { host, origin, ...(forwardedHost && { 'x-forwarded-host': forwardedHost }) },
});

test.each([
  ['without a proxy, the Host header as it is', ALONE, from('play.example:9443')],
  ['the default port, written out', ALONE, from('play.example:443', undefined, 'https://play.example')],
  ['behind a proxy, the name without the port', BEHIND, from('play.example')],
  ['behind a proxy, the name with another port', BEHIND, from('play.example:8080')],
  ['what the proxy says', BEHIND, from('backend:8080', 'play.example:9443')],
  [
    'what the last proxy says after something that a client made up',
    BEHIND,
    from('backend', 'x.example, play.example'),
  ],
  ['what the outer of two proxies says', { ...ALONE, trustedProxies: 2 }, from('backend', 'play.example, inner')],
  ['PUBLIC_URL, whatever the proxy says', { ...ALONE, publicUrl: 'https://play.example:9443/' }, from('backend')],
])('recognises its own pages by %s', (_, config, request) => {
  const address = new PublicAddress(config);
  expect(address.mayConnect(request)).toBe(true);
  expect(address.hostOf(request)).toBe(new URL(request.headers.origin).host);
});

test.each([
  ['another name', ALONE, from('other.example:9443')],
  ['without a proxy, another port', ALONE, from('play.example')],
  ['a header that no trusted proxy sent', ALONE, from('backend', 'play.example:9443')],
  ['an entry that a client put before that of the proxy', BEHIND, from('backend', 'play.example:9443, other.example')],
  ['another port than that of PUBLIC_URL', { ...BEHIND, publicUrl: 'https://play.example/' }, from('play.example')],
  ['a page without an origin, such as a sandboxed frame', BEHIND, from('play.example', undefined, 'null')],
  ['no host at all', BEHIND, from('', ' , ')],
])('does not take a page for its own by %s', (_, config, request) => {
  expect(new PublicAddress(config).mayConnect(request)).toBe(false);
});

test.each(['cross-site', 'same-site'])(
  'a page of another origin (%s) opens nothing by what it shows, as images',
  (site) => {
    const image = { headers: { host: 'play.example', 'sec-fetch-site': site } };
    for (const allowedOrigins of [[], ['*'], ['https://other.example']])
      expect(new PublicAddress({ ...ALONE, allowedOrigins }).mayConnect(image)).toBe(false);
  },
);

test.each([undefined, 'same-origin', 'none'])(
  'a page of ours that polls, which sends no origin, connects, and so does a program: %s',
  (site) => {
    const headers = { host: 'play.example', ...(site && { 'sec-fetch-site': site }) };
    expect(new PublicAddress(ALONE).mayConnect({ headers })).toBe(true);
  },
);

test('a volunteer of another site or program signs the public host', () => {
  const program = { headers: { host: 'backend:8080' } };
  expect(new PublicAddress({ ...ALONE, publicUrl: 'https://play.example:9443/p2c2r/' }).hostOf(program)).toBe(
    'play.example:9443',
  );
  expect(new PublicAddress(ALONE).hostOf(program)).toBe('backend:8080');
});

test('the path of PUBLIC_URL is removed where a proxy passes it on', () => {
  const address = new PublicAddress({ ...ALONE, publicUrl: 'https://example.org/p2c2r/' });
  expect(address.localPath('/p2c2r/gamer?a=1')).toBe('/gamer?a=1');
  expect(address.localPath('/p2c2r/')).toBe('/');
  expect(address.localPath('/gamer')).toBe('/gamer');
  expect(address.localPath('/p2c2rs')).toBe('/p2c2rs');
  expect(new PublicAddress(ALONE).localPath('/gamer')).toBe('/gamer');
});
