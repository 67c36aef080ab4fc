import { signal } from '@preact/signals';
import { type Invite, parseInviteLink, startPurpose } from '../../shared/invite.ts';
import { INVITE } from '../sdk/invites.ts';
import type { Client } from './client.ts';

/** The client options that choose the room. */
export interface RoomEntry {
  room?: string;
  invite?: string;
  inviteOnly?: boolean;
}

/** Storage that lasts as long as the tab (sessionStorage). */
export type TabStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const ROOM_KEY = 'p2c2r.room';

/** The room in the page's link, else the one this tab was in before a reload. Null: make a new private room. */
export function roomToEnter(pageUrl: string, store: TabStore | null): Invite | null {
  const invited = parseInviteLink(pageUrl);
  if (invited) return invited;
  const kept = store?.getItem(ROOM_KEY);
  return kept ? parseInviteLink(`${pageUrl.split('#')[0]}#${kept}`) : null;
}

const AGREED_KEY = 'p2c2r.agreed';

/**
 * Whether the person in this tab has yet to agree to the room in the page's link. Anybody can send somebody such a link, and joining shows
 * this machine's pictures and address to everybody in the room. A room kept from before a reload was agreed to, or is the tab's own.
 */
export function needsConsent(pageUrl: string, store: TabStore | null): boolean {
  const invited = parseInviteLink(pageUrl);
  return invited !== null && store?.getItem(AGREED_KEY) !== startPurpose(invited);
}

/** Keeps the agreement for this tab and this very link, so that a reload does not ask again. */
export function keepConsent(pageUrl: string, store: TabStore | null): void {
  const invited = parseInviteLink(pageUrl);
  try {
    if (invited) store?.setItem(AGREED_KEY, startPurpose(invited));
  } catch {
    // The store is full, so a reload asks again.
  }
}

export function entryOptions(invite: Invite | null): RoomEntry {
  if (!invite) return { inviteOnly: true };
  return invite.token ? { room: invite.room, invite: invite.token } : { room: invite.room };
}

/** Keeps an invite for this tab, so that a reload returns to the room and its volunteers. */
export function keepRoom(store: TabStore | null, inviteUrl: string): void {
  try {
    store?.setItem(ROOM_KEY, new URL(inviteUrl).hash.slice(1));
  } catch {
    // The store is full, so a reload makes a new room.
  }
}

export function forgetRoom(store: TabStore | null): void {
  store?.removeItem(ROOM_KEY);
}

/** This tab's storage. Null when cookies are blocked, since then even reading `sessionStorage` throws. */
export function tabStore(): TabStore | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

const LINK_KEY = 'p2c2r.link';

type Room = Pick<Client, 'room' | 'createInvite' | 'revokeInvite'>;

/**
 * The invite link for volunteers. It survives a reload of the page, so that people who have it need no other, and so that it can still
 * be revoked.
 */
export class InviteLink {
  /** Null while there is none. */
  readonly url = signal<string | null>(null);

  /** @param now - ms since the Unix epoch */
  constructor(
    private readonly store: TabStore | null,
    private readonly now: () => number,
  ) {}

  /** Makes the link in advance, since browsers open windows only directly after a click. */
  async open(client: Room): Promise<void> {
    this.url.value = this.#kept(client.room) ?? (await this.#make(client));
  }

  /** Revokes the old link and makes a new one. */
  async replace(client: Room): Promise<void> {
    const token = this.url.value && parseInviteLink(this.url.value)?.token;
    if (token) await client.revokeInvite(token);
    this.store?.removeItem(LINK_KEY);
    try {
      this.url.value = await this.#make(client);
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  /** Call it when the room is left. */
  close(): void {
    this.url.value = null;
  }

  async #make(client: Room): Promise<string> {
    const { url } = await client.createInvite({ role: 'volunteer' });
    try {
      this.store?.setItem(LINK_KEY, `${this.now()} ${url}`);
    } catch {
      // The store is full, so a reload makes another link.
    }
    return url;
  }

  #kept(room: string): string | null {
    const [madeAtMs = '', url = ''] = this.store?.getItem(LINK_KEY)?.split(' ') ?? [];
    if (!URL.canParse(url) || parseInviteLink(url)?.room !== room) return null;
    const ageS = (this.now() - Number(madeAtMs)) / 1_000;
    return ageS < INVITE.expiresInS * (1 - INVITE.keepWhileLeft) ? url : null;
  }
}
