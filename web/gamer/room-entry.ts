import { type Invite, parseInviteLink } from '../../shared/invite.ts';

/** The part of a client's options that says which room. */
export interface RoomEntry {
  room?: string;
  invite?: string;
  inviteOnly?: boolean;
}

/** Storage that lasts as long as the tab. */
export type TabStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const KEY = 'p2c2r.room';

/** The room a link leads to, else the one this tab was in before a reload, else null: a new private one. */
export function roomToEnter(pageUrl: string, store: TabStore | null): Invite | null {
  const invited = parseInviteLink(pageUrl);
  if (invited) return invited;
  const kept = store?.getItem(KEY);
  return kept ? parseInviteLink(`${pageUrl.split('#')[0]}#${kept}`) : null;
}

export function entryOptions(invite: Invite | null): RoomEntry {
  if (!invite) return { inviteOnly: true };
  return invite.token ? { room: invite.room, invite: invite.token } : { room: invite.room };
}

/** Keeps the way back in, so that a reload does not leave the volunteers behind in a room nobody can find. */
export function keepRoom(store: TabStore | null, inviteUrl: string): void {
  try {
    store?.setItem(KEY, new URL(inviteUrl).hash.slice(1));
  } catch {
    // A full store: a reload then makes a new room, as it would without this.
  }
}

export function forgetRoom(store: TabStore | null): void {
  store?.removeItem(KEY);
}

/** This tab's storage, or null where it may not be touched: merely naming it throws when cookies are blocked. */
export function tabStore(): TabStore | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
