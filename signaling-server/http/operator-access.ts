import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isFromThisMachine } from '../sockets/client-address.ts';

/** Why somebody may not see what is for operators. */
export interface AccessRefusal {
  status: 401 | 403;
  text: string;
}

/** @returns null when the request may see the figures: it comes from this machine, or brings the token. */
export function refuseAccess(request: IncomingMessage, operatorToken: string): AccessRefusal | null {
  if (isFromThisMachine(request)) return null;
  if (!operatorToken) {
    return {
      status: 403,
      text: 'This is shown on the server itself only. Set OPERATOR_TOKEN to see it from elsewhere.',
    };
  }
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token !== undefined && isSame(token, operatorToken)) return null;
  return { status: 401, text: 'This wants the OPERATOR_TOKEN of the server, as "Authorization: Bearer TOKEN".' };
}

/** In a time that tells nothing of how much of it is right, nor how long the right one is. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
