import { type Invite, parseInviteLink } from '../../shared/invite.ts';
import { z } from '../../shared/zod.ts';

/** The invite in the page's address. */
export interface InvitedRoom {
  invite: Invite | null;
  /** The gamer page on this machine opened this window, so the person has already agreed. */
  isConsented: boolean;
}

export function invitedRoom(pageUrl: string): InvitedRoom {
  const invite = parseInviteLink(pageUrl);
  const isConsented = new URLSearchParams(new URL(pageUrl).hash.slice(1)).get('start') === '1';
  return { invite, isConsented: invite !== null && isConsented };
}

/** A pasted text. `elsewhere`: an invite to another server, whose rooms this page cannot join. */
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
  // Never link to other protocols, such as `javascript:`.
  return /^https?:$/.test(protocol) ? { kind: 'elsewhere', url: link, host } : { kind: 'nothing' };
}

const healthSchema = z.object({ lobby: z.boolean() });

/** Whether this page's server has an open lobby. False when the server is unreachable; starting then reports it. */
export async function hasLobby(): Promise<boolean> {
  try {
    const response = await fetch('/healthz');
    return healthSchema.parse(await response.json()).lobby;
  } catch {
    return false;
  }
}
