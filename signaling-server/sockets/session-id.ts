import { createHash } from 'node:crypto';

/** Like `sessionIdOf` of shared/, at once: WebCrypto would have another thread do what takes microseconds. */
export function sessionIdNow(sessionKey: string): string {
  return createHash('sha256').update(sessionKey).digest().subarray(0, 16).toString('base64url');
}
