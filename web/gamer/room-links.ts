import { computed, signal } from '@preact/signals';
import { type Invite, parseInviteLink, startPurpose } from '../../shared/invite.ts';
import { readInviteCode, shortInviteLink } from '../../shared/invite-code.ts';
import { parseUrl } from '../../shared/older-browsers.ts';
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

interface Made {
  /** Since the Unix epoch, ms. */
  madeAtMs: number;
  url: string;
  code: string | null;
}

type Room = Pick<Client, 'room' | 'createInvite' | 'createInviteCode' | 'revokeInvite'>;

/**
 * The invite link for volunteers. It survives a reload of the page, so that people who have it need no other, and so that it can still
 * be revoked.
 */
export class InviteLink {
  readonly #made = signal<Made | null>(null);
  /** Null while there is none. */
  readonly url = computed(() => this.#made.value?.url ?? null);
  /** For typing; null until {@link shorten} made one. */
  readonly code = computed(() => this.#made.value?.code ?? null);
  /** The link with the code. */
  readonly shortUrl = computed(() => {
    const made = this.#made.value;
    return made && made.code !== null ? shortInviteLink(new URL('.', made.url).href, made.code) : null;
  });

  /**
   * @param from - the name that the link carries
   * @param now - ms since the Unix epoch
   */
  constructor(
    private readonly from: string,
    private readonly store: TabStore | null,
    private readonly now: () => number,
  ) {}

  /** Makes the link in advance, since browsers open windows only directly after a click. */
  async open(client: Room): Promise<void> {
    this.#made.value = this.#kept(client.room) ?? (await this.#make(client));
  }

  /** Revokes the old link and makes a new one. */
  async replace(client: Room): Promise<void> {
    const old = this.#made.value;
    const token = old && parseInviteLink(old.url)?.token;
    if (token) await client.revokeInvite(token);
    this.store?.removeItem(LINK_KEY);
    try {
      this.#made.value = await this.#make(client);
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  /**
   * Has the server keep a code for the link. Only when a person asks: a server keeps few codes for each network.
   * Throws MeshError with the server's reason when it keeps none.
   */
  async shorten(client: Room): Promise<void> {
    const made = this.#made.value;
    const token = made && parseInviteLink(made.url)?.token;
    if (!token) return;
    const { code } = await client.createInviteCode(token);
    // The link may have been replaced meanwhile.
    if (this.#made.value === made) this.#made.value = this.#keep({ ...made, code });
  }

  /** Call it when the room is left. */
  close(): void {
    this.#made.value = null;
  }

  async #make(client: Room): Promise<Made> {
    const { url } = await client.createInvite({ role: 'volunteer', from: this.from });
    return this.#keep({ madeAtMs: this.now(), url, code: null });
  }

  #keep(made: Made): Made {
    const { madeAtMs, url, code } = made;
    try {
      this.store?.setItem(LINK_KEY, `${madeAtMs} ${url} ${code ?? ''}`);
    } catch {
      // The store is full, so a reload makes another link.
    }
    return made;
  }

  #kept(room: string): Made | null {
    const [madeAt = '', url = '', code = ''] = this.store?.getItem(LINK_KEY)?.split(' ') ?? [];
    if (!parseUrl(url) || parseInviteLink(url)?.room !== room) return null;
    const madeAtMs = Number(madeAt);
    const ageS = (this.now() - madeAtMs) / 1_000;
    return ageS < INVITE.expiresInS * (1 - INVITE.keepWhileLeft) ? { madeAtMs, url, code: readInviteCode(code) } : null;
  }
}
