import { afterEach, expect, test, vi } from 'vitest';
import { fromBase64Url } from '../../shared/bytes.ts';
import { IDENTITY_KEY, IDENTITY_SIGNATURE, publicKeySchema, signatureSchema } from '../../shared/identity.ts';
import { type PairStore, volunteerIdentity } from './identity.ts';

/** Key pairs in a real browser’s storage are tested in e2e/trust.e2e.ts. */
function memory(): PairStore {
  const pairs = new Map<string, CryptoKeyPair>();
  return {
    get: async (host) => pairs.get(host),
    keep: async (host, pair) => {
      const kept = pairs.get(host) ?? pair;
      pairs.set(host, kept);
      return kept;
    },
  };
}

afterEach(() => vi.unstubAllGlobals());

test('each server has one key pair, shared by all pages, and its signatures verify', async () => {
  const store = memory();
  const [one, same, elsewhere] = await Promise.all(
    ['a.example', 'a.example', 'b.example:81'].map((host) => volunteerIdentity(host, () => store)),
  );
  if (!one || !same || !elsewhere) throw new Error('there is no WebCrypto here');
  expect(same.publicKey).toBe(one.publicKey);
  expect(elsewhere.publicKey).not.toBe(one.publicKey);
  expect(publicKeySchema.safeParse(one.publicKey).success).toBe(true);
  const bytes = new TextEncoder().encode('a challenge');
  const signature = await same.sign(bytes);
  expect(signatureSchema.safeParse(signature).success).toBe(true);
  const verifies = async (publicKey: string) => {
    const key = await crypto.subtle.importKey('raw', fromBase64Url(publicKey), IDENTITY_KEY, false, ['verify']);
    return crypto.subtle.verify(IDENTITY_SIGNATURE, key, fromBase64Url(signature), bytes);
  };
  expect([await verifies(one.publicKey), await verifies(elsewhere.publicKey)]).toEqual([true, false]);
});

test('the private key cannot be extracted by scripts', async () => {
  let pair: CryptoKeyPair | undefined;
  await volunteerIdentity('a.example', () => ({
    get: async () => undefined,
    keep: async (_, fresh) => {
      pair = fresh;
      return fresh;
    },
  }));
  expect(pair?.privateKey.extractable).toBe(false);
});

test.each<[string, () => PairStore | null]>([
  ['is missing', () => null],
  [
    'cannot be opened',
    () => {
      throw new DOMException('blocked', 'SecurityError');
    },
  ],
  [
    'stores nothing',
    () => ({ ...memory(), keep: () => Promise.reject(new DOMException('private mode', 'DataCloneError')) }),
  ],
])('if the storage %s, a key pair lasts as long as the page', async (_, open) => {
  const [one, other] = [await volunteerIdentity('a.example', open), await volunteerIdentity('a.example', open)];
  expect(one?.publicKey).toMatch(/^[\w-]{87}$/);
  expect(other?.publicKey).not.toBe(one?.publicKey);
});

test('without WebCrypto, as on plain HTTP, there is no identity', async () => {
  vi.stubGlobal('crypto', { getRandomValues: () => {} });
  expect(await volunteerIdentity('a.example', memory)).toBeNull();
});
