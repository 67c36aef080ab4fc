import { sha256 } from 'hash-wasm';

/** In hexadecimal. WebAssembly does it where the browser does not: `crypto.subtle` is for secure contexts only. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>, subtle: SubtleCrypto | undefined): Promise<string> {
  if (!subtle) return sha256(bytes);
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
