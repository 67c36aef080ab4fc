/** Total length of several byte ranges. */
export function totalBytes(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

const KIB = 1024;
const MIB = 1024 * 1024;

/**
 * A size for people: bytes, KiB or MiB.
 *
 * @param round - up what is too large and down its limit, so that the two never read alike.
 */
export function sizeWords(sizeBytes: number, round: 'up' | 'down' = 'up'): string {
  if (sizeBytes < KIB) return `${sizeBytes} bytes`;
  const [unitBytes, unit] = sizeBytes < MIB ? [KIB, 'KiB'] : [MIB, 'MiB'];
  const tenths = (10 * sizeBytes) / unitBytes;
  return `${(round === 'up' ? Math.ceil(tenths) : Math.floor(tenths)) / 10} ${unit}`;
}

/** Copies several byte ranges into one. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(totalBytes(parts));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** Encodes bytes as base64url without padding (RFC 4648, section 5): text that needs no escaping in a URL. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Decodes base64url. Throws a DOMException if the text is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/** Returns 128 random bits as base64url, for unguessable names and keys. */
export function randomId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
