import { type Invite, parseInviteLink } from '../../shared/invite.ts';

/** What the address of this page says. */
export interface InvitedRoom {
  invite: Invite | null;
  /** The person on this machine has said yes already: the gamer page's own button opened this window. */
  isConsented: boolean;
}

export function invitedRoom(pageUrl: string): InvitedRoom {
  const invite = parseInviteLink(pageUrl);
  const isConsented = new URLSearchParams(new URL(pageUrl).hash.slice(1)).get('start') === '1';
  return { invite, isConsented: invite !== null && isConsented };
}

/** The invite in whatever was pasted, or null when it is no invite link. */
export function pastedInvite(text: string): Invite | null {
  return URL.canParse(text.trim()) ? parseInviteLink(text.trim()) : null;
}
