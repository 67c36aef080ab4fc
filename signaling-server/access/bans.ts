import { createHash } from 'node:crypto';
import type { ServerClock } from '../clock.ts';
import type { CountedInvite, Store } from '../store/store.ts';
import { COORDINATOR } from '../tuning.ts';
import { type Place, placeKey } from './room-address.ts';

/** An invite as it is known to those who keep count of it. */
export type KnownInvite = Pick<CountedInvite, 'id' | 'expiresAtMs'>;

/** In whose name a ban is spent: no session has this id. */
const BAN = 'ban';

/**
 * What lets nobody in any more: invites that were taken back, and who was removed from an invite-only room, which its invites make
 * again after its end. Each is kept as an invite of one use that is spent, since that is what must be remembered in the same way:
 * until it ends, by whoever remembers those.
 */
export class Bans {
  constructor(
    private readonly store: Pick<Store, 'useInvite'>,
    private readonly clock: Pick<ServerClock, 'epochMs'>,
  ) {}

  /** @throws MeshError `rate-limited` when too many are remembered. */
  async takeBack({ id, expiresAtMs }: KnownInvite): Promise<void> {
    await this.store.useInvite({ id: `taken back ${id}`, maxUses: 1, expiresAtMs }, BAN);
  }

  isTakenBack({ id, expiresAtMs }: KnownInvite): Promise<boolean> {
    // Of no use to anybody, and so true of one that is spent already, and only of that.
    return this.store.useInvite({ id: `taken back ${id}`, maxUses: 0, expiresAtMs }, BAN);
  }

  /**
   * @param who - a session's id, or what its history is kept under
   * @throws MeshError `rate-limited` when too many are remembered.
   */
  async remove(place: Place, who: string): Promise<void> {
    await this.store.useInvite(this.#removal(place, who, 1), BAN);
  }

  isRemoved(place: Place, who: string): Promise<boolean> {
    return this.store.useInvite(this.#removal(place, who, 0), BAN);
  }

  /** Outlasts every pass that was given before it. */
  #removal(place: Place, who: string, maxUses: number): CountedInvite {
    // A room's name lets people in, so that nobody keeps it.
    const digest = createHash('sha256')
      .update(`${placeKey(place)} ${who}`)
      .digest('base64url');
    return { id: `removed ${digest}`, maxUses, expiresAtMs: this.clock.epochMs() + COORDINATOR.passValidS * 1_000 };
  }
}
