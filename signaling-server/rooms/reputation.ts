import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import type { Accusation, EventPayload, VolunteerReport } from '../../shared/signaling.ts';
import { provenIdentity } from '../access/identity.ts';
import { notInvited } from '../access/invites.ts';
import { RateLimit } from '../access/rate-limit.ts';
import { type RoomAddress, roomKey } from '../access/room-address.ts';
import type { ServerClock } from '../clock.ts';
import type { Report, Store } from '../store/store.ts';
import type { Introductions } from './introductions.ts';
import type { Member } from './member.ts';
import type { OwnerActions } from './owner-actions.ts';
import { PairRateLimiter } from './pair-rate-limiter.ts';
import type { Rooms } from './rooms.ts';

/** Accusations of one gamer: an honest one does not meet more cheats than it has helpers. */
export const ACCUSATION_LIMIT = { events: 16, windowMs: 600_000, maxKeys: 10_000 } as const;

/**
 * Tasks in a gamer's reports on one volunteer that count: more is not plausible of work that takes a link and a GPU, and would change
 * nothing, see `addReport`.
 */
export const REPORTED_TASKS = { burst: 100, perS: 10, maxPairs: 20_000 } as const;

interface Parts {
  rooms: Rooms;
  introductions: Introductions;
  owner: Pick<OwnerActions, 'isRemoved' | 'expel'>;
  store: Store;
  clock: Pick<ServerClock, 'now'>;
  log: Logger;
}

/** What is known of volunteers: gamers' reports and accusations, and the identity that a volunteer's history is kept under. */
export class ReputationTracker {
  readonly #accusations = new RateLimit(ACCUSATION_LIMIT);

  readonly #reported: PairRateLimiter;

  constructor(private readonly parts: Parts) {
    this.#reported = new PairRateLimiter(REPORTED_TASKS, parts.clock);
  }

  /**
   * Takes a report into the volunteer's history. What exceeds {@link REPORTED_TASKS} is scaled down.
   * @throws MeshError `not-invited` about a volunteer that the gamer is not introduced to
   */
  async report(gamer: Member, report: VolunteerReport): Promise<void> {
    const volunteer = gamer.peers.get(report.volunteerId);
    if (!volunteer) throw notInvited('You are not introduced to this volunteer, or it has left.');
    const { store, introductions } = this.parts;
    const { historyId } = volunteer;
    const { id: gamerId, network } = gamer;
    const plausible = this.#plausible(gamerId, report);
    // Such a report says nothing, and would take the place of a history that does.
    if (plausible.completed + plausible.failed === 0) return;
    await store.record({ gamerId, network }, historyId, plausible);
    volunteer.reputation = await store.reputation(historyId);
    introductions.scoreChanged(volunteer);
    gamer.partners = await store.partners(gamer.id);
    for (const member of [gamer, volunteer]) member.changed();
  }

  #plausible(gamerId: string, { volunteerId, completed, failed, rttMs }: VolunteerReport): Report {
    const tasks = completed + failed;
    const factor = this.#reported.take(gamerId, volunteerId, tasks) / Math.max(1, tasks);
    return { completed: Math.round(completed * factor), failed: Math.round(failed * factor), rttMs };
  }

  /**
   * Ranks a volunteer last for all gamers of this gamer's room, and never again introduces it to this gamer.
   * @throws MeshError `not-invited` about a volunteer that the gamer never met, `rate-limited`
   */
  async accuse(gamer: Member, { volunteerId, work, reason }: Accusation): Promise<void> {
    // The volunteer may have left since.
    const historyId = gamer.historyIdOf(volunteerId);
    if (historyId === undefined)
      throw notInvited('You were never introduced to this volunteer. Report only those that you met.');
    if (!(await this.#accusations.take(gamer.id))) {
      throw new MeshError('rate-limited', 'You reported many volunteers. Wait ten minutes before you report another.');
    }
    const { store, introductions, log } = this.parts;
    await store.accuse(roomKey(gamer.room), gamer.id, historyId);
    log.info({ gamer: gamer.id, volunteer: historyId, work, reason }, 'a volunteer was reported');
    await this.loadAccused(gamer.room);
    // The accused volunteer no longer takes one of the gamer's places.
    introductions.update(gamer);
  }

  /** Reads from the store which volunteers the gamers of a room have accused. */
  async loadAccused(room: RoomAddress): Promise<void> {
    const accused = await this.parts.store.accused(roomKey(room));
    for (const member of this.parts.rooms.members(room)) member.accused = accused;
  }

  /**
   * Gives a volunteer the history of the key with which it signed the challenge of its join.
   * @throws MeshError `malformed` when it has no challenge to answer, `verify-failed`
   */
  async prove(volunteer: Member, { signature }: EventPayload<'prove'>): Promise<void> {
    const { claim } = volunteer;
    if (!claim) throw MeshError.malformed('There is no challenge to answer.');
    const { rooms, owner, store, introductions } = this.parts;
    try {
      const identity = await provenIdentity(claim, signature);
      if (await owner.isRemoved(volunteer.room, identity)) {
        if (rooms.isPresent(volunteer)) owner.expel(volunteer);
        throw MeshError.removedFromRoom();
      }
      volunteer.reputation = await store.reputation(identity);
      volunteer.identity = identity;
    } finally {
      volunteer.changed();
      // A newer join of this session may have made a new claim meanwhile.
      if (volunteer.claim === claim) volunteer.claim = null;
      introductions.update(volunteer);
    }
  }
}
