import { createStore, get, update } from 'idb-keyval';
import { toBase64Url } from '../../shared/bytes.ts';
import { IDENTITY_KEY, IDENTITY_SIGNATURE } from '../../shared/identity.ts';

/** A volunteer's key pair; the private key never leaves the browser's key store. */
export interface Identity {
  /** The uncompressed point, base64url. */
  readonly publicKey: string;
  /** Returns the signature, base64url. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
}

/** Key pairs by server host. In a browser: IndexedDB, the only storage for keys that no script can read. */
export interface PairStore {
  get(host: string): Promise<CryptoKeyPair | undefined>;
  /** Stores `pair` unless another page stored one first; returns the stored pair. */
  keep(host: string, pair: CryptoKeyPair): Promise<CryptoKeyPair>;
}

/**
 * This browser's identity as a volunteer of one server. Each server gets another one, so that servers cannot track a volunteer across
 * them. Without storage, the identity lasts as long as the page. Null without WebCrypto, as on plain HTTP: the volunteer then serves
 * without a history.
 *
 * @param host - the server as the page addresses it, `host[:port]`.
 */
export async function volunteerIdentity(
  host: string,
  open: () => PairStore | null = openStore,
): Promise<Identity | null> {
  if (!globalThis.crypto?.subtle) return null;
  const pair = await keptPair(host, open);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return {
    publicKey: toBase64Url(publicKey),
    sign: async (bytes) =>
      toBase64Url(new Uint8Array(await crypto.subtle.sign(IDENTITY_SIGNATURE, pair.privateKey, bytes))),
  };
}

async function keptPair(host: string, open: () => PairStore | null): Promise<CryptoKeyPair> {
  try {
    const store = open();
    if (store) return (await store.get(host)) ?? (await store.keep(host, await newPair()));
  } catch {
    // Storage is blocked, or this browser's private mode stores no keys.
  }
  return newPair();
}

function newPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(IDENTITY_KEY, false, ['sign', 'verify']);
}

function openStore(): PairStore | null {
  if (typeof indexedDB === 'undefined') return null;
  const pairs = createStore('p2c2r-identity', 'pairs');
  return {
    get: (host) => get(host, pairs),
    async keep(host, fresh) {
      let kept = fresh;
      await update<CryptoKeyPair>(
        host,
        (before) => {
          kept = before ?? fresh;
          return kept;
        },
        pairs,
      );
      return kept;
    },
  };
}
