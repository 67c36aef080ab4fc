import { type Signal, signal } from '@preact/signals';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { GamerClient } from '../sdk/p2c2r.ts';
import { PART_TASKS, PARTS, type Part, type PartResult, type Question } from './messages.ts';
import { GAME_WORK } from './tuning.ts';
import { WorkLog, type WorkTold } from './work-log.ts';

/** Where a part of the game is to be computed. */
export type PartPlace = 'volunteers' | 'local';

export type WorkClient = Pick<GamerClient, 'volunteers' | 'submitTask' | 'addEventListener' | 'removeEventListener'>;

interface PartWork {
  where: Signal<PartPlace>;
  /** What is told of it. */
  told: Signal<WorkTold>;
  log: WorkLog;
  /** Ends the task under way. */
  abort: AbortController;
}

/**
 * The page's part in the game's work: passes on what the game asks for, where the person wants it done, and keeps what is told of it.
 * Never more than one task of a part is under way, since the game asks one question at a time.
 */
export class GameWork {
  readonly parts: Readonly<Record<Part, PartWork>>;
  readonly #clock: Clock;
  #client: WorkClient | null = null;
  #cancelTelling: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    const work = (part: Part): PartWork => {
      const log = new WorkLog(part);
      const told = signal(log.told(clock.now()));
      return { where: signal('volunteers'), told, log, abort: new AbortController() };
    };
    this.parts = Object.fromEntries(PARTS.map((part) => [part, work(part)])) as Record<Part, PartWork>;
  }

  /** Null: the game does everything itself. */
  useClient(client: WorkClient | null): void {
    this.#client?.removeEventListener('volunteers', this.#onVolunteers);
    this.#client = client;
    client?.addEventListener('volunteers', this.#onVolunteers);
    for (const part of PARTS) this.#abort(part);
  }

  setWhere(part: Part, where: PartPlace): void {
    this.parts[part].where.value = where;
    this.#abort(part);
  }

  /** Null: nobody did it in time. Never rejects. */
  async run<P extends Part>({ part, input }: Question<P>): Promise<PartResult<P> | null> {
    const { where, log, abort } = this.parts[part];
    this.#tellSoon();
    const atMs = this.#clock.now();
    const whyNot = this.#whyNot(part, where.value);
    if (!this.#client || whyNot) {
      log.failed(atMs, whyNot);
      return null;
    }
    log.asked(atMs);
    try {
      const options = {
        where: where.value,
        timeoutMs: GAME_WORK.timeoutMs,
        signal: abort.signal,
        // No question is asked twice.
        cache: false,
      };
      const { timing, ...result } = await this.#client.submitTask(PART_TASKS[part], input, options).result;
      log.done(this.#clock.now(), timing);
      // Sound: it is the result of the part's own type of task.
      return result as unknown as PartResult<P>;
    } catch (cause) {
      const { reason, message } = MeshError.from(cause);
      // By us, because somebody left or a switch was turned: nobody is to blame.
      if (reason === 'cancelled') log.withdrawn();
      else log.failed(this.#clock.now(), reason === 'timeout' ? 'No answer came in time.' : message);
      return null;
    }
  }

  dispose(): void {
    this.useClient(null);
    this.#cancelTelling?.();
  }

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

  /** Who waits for a volunteer when the last one leaves would get an answer to a question of long ago. */
  readonly #onVolunteers = (): void => {
    for (const part of PARTS) {
      if (this.#whyNot(part, this.parts[part].where.value)) this.#abort(part);
    }
  };

  /** As long as there is something new to tell: a game that stands still asks nothing. */
  #tellSoon(): void {
    this.#cancelTelling ??= this.#clock.after(GAME_WORK.tellMs, () => {
      this.#cancelTelling = null;
      const nowMs = this.#clock.now();
      for (const part of PARTS) this.parts[part].told.value = this.parts[part].log.told(nowMs);
      if (PARTS.some((part) => this.parts[part].told.value.by !== null)) this.#tellSoon();
    });
  }
}
