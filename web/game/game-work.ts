import { type Signal, signal } from '@preact/signals';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { GamerClient } from '../sdk/p2c2r.ts';
import { PART_TASKS, PARTS, type Part, type PartRequest, type PartResult } from './messages.ts';
import { Radio } from './radio.ts';
import { type PartStatus, TASK_TIMEOUT_MS, WorkLog } from './work-log.ts';

// With built-in-game.ts the public interface of web/game: the parts of the game that tasks compute.
export { Hangar } from './hangar.ts';
export { PARTS, type Part } from './messages.ts';
export type { Radio, RadioLine, RadioPlace } from './radio.ts';
export { type PartStatus, USEFUL_MS } from './work-log.ts';

/** Where a part of the game is computed. */
export type PartPlace = 'volunteers' | 'local';

export type WorkClient = Pick<GamerClient, 'volunteers' | 'submitTask' | 'addEventListener' | 'removeEventListener'>;

interface PartWork {
  where: Signal<PartPlace>;
  status: Signal<PartStatus>;
  log: WorkLog;
  /** Cancels the running task. */
  abort: AbortController;
  /** Where the running task, or the last one, may run. */
  askedOf: PartPlace;
}

/** Parts that the game has no rules of its own for. Without volunteers this machine computes them: they would never be seen at all. */
const WITHOUT_OWN_RULES: readonly Part[] = ['hangar'];

/** How often the status changes: as often as a person can read it. */
export const GAME_STATUS_INTERVAL_MS = 500;

/**
 * Runs the game's requests as tasks where the person wants them, and keeps the status of each part. At most one task per part runs,
 * since the game has one request of a part pending at a time.
 */
export class GameWork {
  readonly parts: Readonly<Record<Part, PartWork>>;
  /** The rivals' talk. */
  readonly radio: Radio;
  readonly #clock: Clock;
  #client: WorkClient | null = null;
  #cancelUpdate: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.radio = new Radio(clock, Math.random);
    const work = (part: Part): PartWork => {
      const log = new WorkLog(part);
      const status = signal(log.status(clock.now()));
      return { where: signal('volunteers'), status, log, abort: new AbortController(), askedOf: 'volunteers' };
    };
    this.parts = Object.fromEntries(PARTS.map((part) => [part, work(part)])) as Record<Part, PartWork>;
  }

  /** Null: the game computes everything itself. */
  useClient(client: WorkClient | null): void {
    this.#client?.removeEventListener('volunteers', this.#onVolunteers);
    this.#client = client;
    this.radio.useClient(client);
    client?.addEventListener('volunteers', this.#onVolunteers);
    for (const part of PARTS) this.#abort(part);
  }

  setWhere(part: Part, where: PartPlace): void {
    this.parts[part].where.value = where;
    this.#abort(part);
  }

  /** Resolves with null when nobody computed it in time. Never rejects. */
  async run<P extends Part>({ part, input }: PartRequest<P>): Promise<PartResult<P> | null> {
    const { log, abort } = this.parts[part];
    this.#scheduleUpdate();
    const atMs = this.#clock.now();
    const where = this.#placeOf(part);
    const whyNot = this.#whyNot(part, where);
    if (!this.#client || whyNot) {
      log.failed(atMs, whyNot);
      return null;
    }
    log.requested(atMs);
    this.parts[part].askedOf = where;
    try {
      // No input comes twice, so a cache would only take memory.
      const options = { where, timeoutMs: TASK_TIMEOUT_MS, signal: abort.signal, cache: false };
      const { timing, ...result } = await this.#client.submitTask(PART_TASKS[part], input, options).result;
      log.completed(this.#clock.now(), timing);
      // Sound: it is the result of the part's own task type.
      return result as unknown as PartResult<P>;
    } catch (cause) {
      const { reason, message } = MeshError.from(cause);
      // Cancelled here, because a volunteer left or the person turned a switch.
      if (reason === 'cancelled') log.cancelled();
      else log.failed(this.#clock.now(), reason === 'timeout' ? 'No result came in time.' : message);
      return null;
    }
  }

  dispose(): void {
    this.useClient(null);
    this.radio.dispose();
    this.#cancelUpdate?.();
  }

  /** Where to compute a part now: where the person wants it, or here if nobody could see it otherwise. */
  #placeOf(part: Part): PartPlace {
    const wanted = this.parts[part].where.value;
    return WITHOUT_OWN_RULES.includes(part) && this.#whyNot(part, wanted) ? 'local' : wanted;
  }

  /** Why the part cannot be computed where the person wants it; empty when it can. */
  #whyNot(part: Part, where: PartPlace): string {
    if (!this.#client) return 'The room is not open.';
    if (where === 'local') return '';
    const linked = this.#client.volunteers.filter(({ barred }) => !barred);
    if (linked.length === 0) return 'No volunteer is linked.';
    const isPossible = linked.some(({ tasks }) => tasks.includes(PART_TASKS[part]));
    return isPossible ? '' : 'No volunteer here can do it.';
  }

  #abort(part: Part): void {
    this.parts[part].abort.abort();
    this.parts[part].abort = new AbortController();
  }

  /** Cancels tasks that would wait for the next volunteer, since their results would come too late to be useful. */
  readonly #onVolunteers = (): void => {
    for (const part of PARTS) {
      if (this.#whyNot(part, this.parts[part].askedOf)) this.#abort(part);
    }
  };

  /** Updates the statuses until all parts are idle: a paused game requests nothing. */
  #scheduleUpdate(): void {
    this.#cancelUpdate ??= this.#clock.after(GAME_STATUS_INTERVAL_MS, () => {
      this.#cancelUpdate = null;
      const nowMs = this.#clock.now();
      for (const part of PARTS) this.parts[part].status.value = this.parts[part].log.status(nowMs);
      if (PARTS.some((part) => this.parts[part].status.value.by !== null)) this.#scheduleUpdate();
    });
  }
}
