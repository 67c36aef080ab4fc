import { randomBytes } from 'node:crypto';
import { fromBase64Url } from '../../shared/bytes.ts';
import { MeshError } from '../../shared/errors.ts';
import { IDENTITY_KEY, IDENTITY_SIGNATURE, identityOf, type ProofTerms, proofBytes } from '../../shared/identity.ts';

/** A volunteer says it holds the private half of a key, and is yet to prove it. */
export interface Claim extends ProofTerms {
  /** Base64url of an uncompressed P-256 point, as the page says. */
  publicKey: string;
}

/** 128 random bits, base64url. */
export const newChallenge = () => randomBytes(16).toString('base64url');

/**
 * The identity that a signature proves.
 * @throws MeshError `verify-failed`
 */
export async function provenIdentity({ publicKey, ...terms }: Claim, signature: string): Promise<string> {
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
    // No point of the curve, so nobody's key.
    return false;
  }
}
