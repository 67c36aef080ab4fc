import { toBase64Url } from './bytes.ts';
import { z } from './zod.ts';

/** A volunteer's key pair: ECDSA over P-256 with SHA-256, which every browser's WebCrypto has (FIPS 186-5). */
export const IDENTITY_KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const IDENTITY_SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** An uncompressed point: 65 bytes, base64url. */
export const publicKeySchema = z.string().regex(/^[\w-]{87}$/);
/** r and s: 64 bytes, base64url. */
export const signatureSchema = z.string().regex(/^[\w-]{86}$/);
/** 128 random bits, base64url. */
export const challengeSchema = z.string().regex(/^[\w-]{22}$/);

/** What a proof of identity is good for, and nothing else. */
export interface ProofTerms {
  /** The server's, for this one join: a proof cannot be used again. */
  challenge: string;
  /** The server as the volunteer's page addresses it, `host[:port]`: a server that hands another's challenge on gets nothing of use. */
  host: string;
  /** Whose join it is. */
  sessionId: string;
}

/** The bytes that a volunteer signs. No field has a line break, so no two terms give the same bytes. */
export function proofBytes({ challenge, host, sessionId }: ProofTerms): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(['p2c2r volunteer identity', host.toLowerCase(), sessionId, challenge].join('\n'));
}

/** What the coordinator keeps a volunteer's history under: SHA-256 of its public key, cut to 128 bits, base64url. */
export async function identityOf(publicKey: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey), 0, 16));
}
