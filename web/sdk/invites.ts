import { MeshError } from '../../shared/errors.ts';
import { makeInviteLink } from '../../shared/invite.ts';
import { shortInviteLink } from '../../shared/invite-code.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type { SignalingClient } from '../net/signaling-client.ts';
import type { CreatedInvite, InviteCode, InviteOptions } from './types.ts';

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

function checkRange(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new MeshError('bad-input', `An invite’s ${name} must be an integer from 1 to ${max}.`);
}
