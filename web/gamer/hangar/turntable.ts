import type { Clock } from '../../../shared/clock.ts';
import type { GameWork } from '../../game/game-work.ts';
import { GAME_WORK } from '../../game/tuning.ts';
import { hangarScene } from './hangar-scene.ts';

/** Has one picture of the turning ship after another painted, as fast as whoever does it can, until it is disposed. */
export class Turntable {
  readonly #work: Pick<GameWork, 'run'>;
  readonly #clock: Clock;
  readonly #show: (image: ImageData) => void;
  #cancelNext = (): void => {};
  #count = 0;
  #disposed = false;

  constructor(work: Pick<GameWork, 'run'>, clock: Clock, show: (image: ImageData) => void) {
    this.#work = work;
    this.#clock = clock;
    this.#show = show;
    void this.#paint();
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelNext();
  }

  async #paint(): Promise<void> {
    const id = ++this.#count;
    const input = hangarScene(id * GAME_WORK.hangarTurnRad, id);
    const result = await this.#work.run({ part: 'hangar', id, input });
    if (this.#disposed) return;
    if (result) this.#show(result.image);
    // Never at once: the game's frames and its other work come first.
    const afterMs = result ? GAME_WORK.hangarPauseMs : GAME_WORK.restMs;
    this.#cancelNext = this.#clock.after(afterMs, () => void this.#paint());
  }
}
