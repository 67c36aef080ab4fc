import type { Clock } from '../../shared/clock.ts';
import type { Answer, Part, PartInput, PartResult, Question } from './parts.ts';
import { GAME_WORK } from './tuning.ts';

interface Open<P extends Part> {
  id: number;
  onResult(result: PartResult<P>): void;
  cancelTimer(): void;
}

/**
 * One part of the game's work, done by somebody else: one question at a time. After a question that nobody answered the next one waits
 * a moment. The game never waits for an answer.
 */
export class OffloadedTask<P extends Part> {
  readonly #part: P;
  readonly #clock: Clock;
  readonly #send: (question: Question<P>) => void;
  #asked = 0;
  #open: Open<P> | null = null;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(part: P, clock: Clock, send: (question: Question<P>) => void) {
    this.#part = part;
    this.#clock = clock;
    this.#send = send;
  }

  /** Whether a question would be asked now. */
  get isFree(): boolean {
    return this.#open === null && this.#clock.now() >= this.#restsUntilMs;
  }

  /** Does nothing unless {@link isFree}. */
  ask(input: PartInput<P>, onResult: (result: PartResult<P>) => void): void {
    if (!this.isFree) return;
    const id = ++this.#asked;
    const cancelTimer = this.#clock.after(GAME_WORK.giveUpMs, () => this.#end(false));
    this.#open = { id, onResult, cancelTimer };
    this.#send({ part: this.#part, id, input });
  }

  /** An answer to a question that was given up is not used. */
  heard({ id, result }: Answer<P>): void {
    const open = this.#open;
    if (open?.id !== id) return;
    this.#end(result !== null);
    if (result) open.onResult(result);
  }

  dispose(): void {
    this.#end(false);
  }

  #end(wasDone: boolean): void {
    this.#open?.cancelTimer();
    this.#open = null;
    if (!wasDone) this.#restsUntilMs = this.#clock.now() + GAME_WORK.restMs;
  }
}
