import { toBase64Url } from './bytes.ts';
import { z } from './zod.ts';

/** WebCrypto parameters of a volunteer's key pair and signatures: ECDSA over P-256 with SHA-256 (FIPS 186-5), which every browser supports. */
export const IDENTITY_KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const IDENTITY_SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** A public key: an uncompressed point of 65 bytes, base64url. */
export const publicKeySchema = z.string().regex(/^[\w-]{87}$/);
/** A signature: r and s, 64 bytes, base64url. */
export const signatureSchema = z.string().regex(/^[\w-]{86}$/);
/** The server's challenge: 128 random bits, base64url. */
export const challengeSchema = z.string().regex(/^[\w-]{22}$/);

/** The terms to which a proof of identity is bound: it is valid for nothing else. */
export interface ProofTerms {
  /** The server's challenge for this join: a proof cannot be replayed. */
  challenge: string;
  /** The server as the volunteer's page addresses it, `host[:port]`: a server that passes on another server's challenge gets a proof it cannot use. */
  host: string;
  /** Id of the session that joins. */
  sessionId: string;
}

/** Returns the bytes that a volunteer signs. No field contains a line break, so different terms give different bytes. */
export function proofBytes({ challenge, host, sessionId }: ProofTerms): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(['p2c2r volunteer identity', host.toLowerCase(), sessionId, challenge].join('\n'));
}

/** The id under which the coordinator keeps a volunteer's history: the first 128 bits of SHA-256 of its public key, base64url. */
export async function identityOf(publicKey: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey), 0, 16));
}
