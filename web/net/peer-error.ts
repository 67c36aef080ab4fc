import { MeshError, type MeshErrorReason, type WireError } from '../../shared/errors.ts';
import { quotable } from '../../shared/quoting.ts';
import type { Role } from '../../shared/signaling.ts';

/** Longest part of a peer's text that is shown, in characters: one or two sentences. */
export const MAX_QUOTE_CHARS = 200;

/** What we say where the reason says enough. A peer's own words are shown only where they tell more. */
const OUR_WORDS: Partial<Record<MeshErrorReason, string>> = {
  malformed: 'The other browser could not read what this one sent. They may run different versions; reload both pages.',
  'protocol-version': 'The other browser runs another version of this page. Reload both pages.',
  'queue-full': 'The other browser has no room for more of your work. Send less at a time, or use other machines.',
  'device-lost': 'The other machine lost its GPU. The work continues elsewhere.',
  timeout: 'The other browser took too long. Allow more time or send less work.',
  cancelled: 'The other browser cancelled this.',
  closed: 'The other browser has closed this. Open a new one to go on.',
};

/** Reasons that only the server or this page can know. Pages act on them, so a peer may not use them. */
const NOT_OF_PEERS: ReadonlySet<MeshErrorReason> = new Set([
  'no-volunteer',
  'verify-failed',
  'room-full',
  'not-invited',
  'rate-limited',
  'signaling-unreachable',
  'source-ended',
]);

/**
 * An error that another browser reported. Its text may be anything, also advice that does harm. So it never looks like this page's own
 * words: it is short, on one line, in quotation marks that it cannot close, behind the name of who said it.
 *
 * @param peer - the role of the other browser.
 */
export function errorOfPeer({ reason, message }: WireError, peer: Role): MeshError {
  const ourWords = OUR_WORDS[reason];
  if (ourWords) return new MeshError(reason, ourWords);
  const known = NOT_OF_PEERS.has(reason) ? 'volunteer-failed' : reason;
  return new MeshError(known, `The ${peer} said: “${quotable(message, MAX_QUOTE_CHARS)}”`);
}
