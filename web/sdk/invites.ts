import { MeshError } from '../../shared/errors.ts';
import { makeInviteLink, parseInviteLink } from '../../shared/invite.ts';
import { shortInviteLink } from '../../shared/invite-code.ts';
import { parseUrl } from '../../shared/older-browsers.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type { SignalingClient } from '../net/signaling-client.ts';
import type { CreatedInvite, GamerOptions, InviteCode, InviteOptions } from './types.ts';

/** How long invites are valid. */
export const INVITE = {
  /** Default validity: a link sent to a friend works until the same time tomorrow. */
  expiresInS: 24 * 3_600,
  /** A reloaded page keeps its link while this part of its validity is left. With less, friends would get a link about to expire. */
  keepWhileLeft: 0.5,
  /** Validity of the invite by which an owner returns to its room: as long as a member's pass. */
  wayBackS: SIGNALING.maxInviteS,
} as const;

/**
 * Has the server sign an invite to the session's room. Throws MeshError `bad-input`, `signaling-unreachable`, or the server's reason for a refusal.
 *
 * @returns the token, and the link to the page of the role, which carries it.
 */
export async function createInvite(
  session: SignalingClient,
  serverUrl: string,
  { role = 'volunteer', expiresInS = INVITE.expiresInS, uses, owner, mayInvite, from }: InviteOptions,
): Promise<CreatedInvite> {
  checkRange('expiresInS', expiresInS, SIGNALING.maxInviteS);
  if (uses !== undefined) checkRange('uses', uses, SIGNALING.maxInviteUses);
  if (from !== undefined) checkRange('from (its length)', from.length, SIGNALING.maxNameChars);
  const terms = {
    ...(uses !== undefined && { uses }),
    ...(owner !== undefined && { owner }),
    ...(mayInvite !== undefined && { mayInvite }),
  };
  const token = await session.createInvite({ role, expiresInS, ...terms });
  const pageUrl = new URL(role, serverUrl.replace(/\/*$/, '/')).href;
  return { url: makeInviteLink(pageUrl, { room: session.joined.room, token, from }), token };
}

/** Has the server keep a code for an invite. Throws MeshError `signaling-unreachable`, or the server's reason for a refusal. */
export async function createInviteCode(
  session: SignalingClient,
  serverUrl: string,
  token: string,
): Promise<InviteCode> {
  const code = await session.createInviteCode(token);
  return { code, shortUrl: shortInviteLink(serverUrl, code) };
}

/** Where a client joins. */
type Destination = Pick<GamerOptions, 'url' | 'room' | 'invite'>;

/** What an invite link leads to; null for what is no such link. */
export function destinationOf(link: string): Destination | null {
  const url = parseUrl(link);
  const found = url && /^https?:$/.test(url.protocol) ? parseInviteLink(link) : null;
  if (!found) return null;
  const { room, token } = found;
  return { url: new URL('.', link).href, room, ...(token !== undefined && { invite: token }) };
}

/**
 * Replaces an `invite` that is a whole link, as people send them, by the server, the room and the token that are in it. Throws MeshError `bad-input` for
 * a link that is no invite.
 */
export function withInviteLink<T extends Destination>(options: T): T {
  const { invite, ...others } = options;
  // A token is no URL: it has no colon.
  if (!invite?.includes(':')) return options;
  const destination = destinationOf(invite);
  if (destination) return { ...(others as T), ...destination };
  throw MeshError.badInput(
    'This link is no invite. Pass the `url` that createInvite returns, whole, or the token in it: a short link holds neither.',
  );
}

function checkRange(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new MeshError('bad-input', `An invite’s ${name} must be an integer from 1 to ${max}.`);
}
