import { makeInviteLink } from '../../shared/invite.ts';
import type { SignalingClient } from '../net/signaling-client.ts';
import type { InviteOptions } from './types.ts';

/** How long invites are valid. */
export const INVITE = {
  /** Default validity: a link sent to a friend works until the same time tomorrow. */
  expiresInS: 24 * 3_600,
  /** A reloaded page keeps its link while this part of its validity is left. With less, friends would get a link about to expire. */
  keepWhileLeft: 0.5,
  /** Validity of the invite by which an owner returns to its room: as long as a member's pass. */
  wayBackS: 7 * 24 * 3_600,
} as const;

/**
 * Has the server sign an invite to the session's room. Throws MeshError `signaling-unreachable`, or the server's reason for a refusal.
 *
 * @returns the token, and the link to the page of the role, which carries it.
 */
export async function createInvite(
  session: SignalingClient,
  serverUrl: string,
  { role = 'volunteer', expiresInS = INVITE.expiresInS, uses, owner }: InviteOptions,
): Promise<{ url: string; token: string }> {
  const terms = { ...(uses !== undefined && { uses }), ...(owner !== undefined && { owner }) };
  const token = await session.createInvite({ role, expiresInS, ...terms });
  const pageUrl = new URL(`/${role}`, serverUrl).href;
  return { url: makeInviteLink(pageUrl, { room: session.joined.room, token }), token };
}
