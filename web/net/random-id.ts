import { toBase64Url } from '../../shared/bytes.ts';

/** 128 random bits, base64url: unguessable names and keys. */
export function randomId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
