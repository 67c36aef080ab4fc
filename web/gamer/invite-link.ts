import { signal } from '@preact/signals';
import { parseInviteLink } from '../../shared/invite.ts';
import { INVITE } from '../sdk/invites.ts';
import type { Client } from './client.ts';
import type { TabStore } from './room-entry.ts';

const KEY = 'p2c2r.link';

type Room = Pick<Client, 'room' | 'createInvite' | 'takeBackInvite'>;

/**
 * The link that lets volunteers in. It is kept over a reload of the page: whoever was sent it needs no other, and there is never
 * one left behind that could not be taken back any more.
 */
export class InviteLink {
  /** Null while there is none. */
  readonly url = signal<string | null>(null);

  /** @param now - since the Unix epoch, ms */
  constructor(
    private readonly store: TabStore | null,
    private readonly now: () => number,
  ) {}

  /** Made ahead, since a browser opens windows only at once after a click. */
  async open(client: Room): Promise<void> {
    this.url.value = this.#kept(client.room) ?? (await this.#make(client));
  }

  /** From now on the old link lets nobody in. */
  async replace(client: Room): Promise<void> {
    const token = this.url.value && parseInviteLink(this.url.value)?.token;
    if (token) await client.takeBackInvite(token);
    this.store?.removeItem(KEY);
    try {
      this.url.value = await this.#make(client);
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  /** The room is left. */
  close(): void {
    this.url.value = null;
  }

  async #make(client: Room): Promise<string> {
    const { url } = await client.createInvite({ role: 'volunteer' });
    try {
      this.store?.setItem(KEY, `${this.now()} ${url}`);
    } catch {
      // A full store: a reload then makes another link, as it would without this.
    }
    return url;
  }

  #kept(room: string): string | null {
    const [madeAtMs = '', url = ''] = this.store?.getItem(KEY)?.split(' ') ?? [];
    if (!URL.canParse(url) || parseInviteLink(url)?.room !== room) return null;
    const ageS = (this.now() - Number(madeAtMs)) / 1_000;
    return ageS < INVITE.expiresInS * (1 - INVITE.keepWhileLeft) ? url : null;
  }
}
