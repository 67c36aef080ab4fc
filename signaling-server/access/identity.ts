import { createHash, randomBytes } from 'node:crypto';
import { fromBase64Url } from '../../shared/bytes.ts';
import { MeshError } from '../../shared/errors.ts';
import { IDENTITY_KEY, IDENTITY_SIGNATURE, identityOf, type ProofTerms, proofBytes } from '../../shared/identity.ts';

/** The same id as `sessionIdOf` in shared/, but synchronous: WebCrypto would pass work of a few microseconds to another thread. */
export function sessionIdSync(sessionKey: string): string {
  return createHash('sha256').update(sessionKey).digest().subarray(0, 16).toString('base64url');
}

/** A volunteer's claim to hold the private half of a key, before it is proven. */
export interface IdentityClaim extends ProofTerms {
  /** Uncompressed P-256 point, base64url, as the page sent it. */
  publicKey: string;
}

/** Makes a claim with a new challenge, so that a signature made for another join or server does not prove it. */
export function claimIdentity(publicKey: string, sessionId: string, host: string): IdentityClaim {
  return { publicKey, sessionId, host, challenge: randomBytes(16).toString('base64url') };
}

/**
 * Checks a signature against the claim.
 * @returns the identity that it proves, see `identityOf`
 * @throws MeshError `verify-failed`
 */
export async function provenIdentity({ publicKey, ...terms }: IdentityClaim, signature: string): Promise<string> {
  const point = fromBase64Url(publicKey);
  if (!(await isSigned(point, terms, fromBase64Url(signature)))) {
    throw new MeshError(
      'verify-failed',
      'This volunteer could not prove who it is, so it serves without its history. Reload the page to try again.',
    );
  }
  return identityOf(point);
}

async function isSigned(
  point: Uint8Array<ArrayBuffer>,
  terms: ProofTerms,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', point, IDENTITY_KEY, false, ['verify']);
    return await crypto.subtle.verify(IDENTITY_SIGNATURE, key, signature, proofBytes(terms));
  } catch {
    // The bytes are not a point on the curve, so this is not a public key.
    return false;
  }
}
