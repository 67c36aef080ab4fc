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

/** What a person pasted; `elsewhere`: an invite of another server, whose rooms this page's server knows nothing of. */
export type Pasted =
  | { kind: 'invite'; invite: Invite }
  | { kind: 'elsewhere'; url: string; host: string }
  | { kind: 'nothing' };

export function pastedInvite(text: string, pageUrl: string): Pasted {
  const link = text.trim();
  const invite = URL.canParse(link) ? parseInviteLink(link) : null;
  if (!invite) return { kind: 'nothing' };
  const { protocol, host } = new URL(link);
  if (host === new URL(pageUrl).host) return { kind: 'invite', invite };
  // Anything else, such as `javascript:`, is no place to send a person.
  return /^https?:$/.test(protocol) ? { kind: 'elsewhere', url: link, host } : { kind: 'nothing' };
}
