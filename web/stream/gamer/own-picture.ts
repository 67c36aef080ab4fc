import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { Composer } from '../compose/composer.ts';
import type { CapturedFrame, FrameDetail, UpscaledFrame } from '../frame.ts';
import type { StreamSize } from '../frame-size.ts';
import { localFrameStages } from '../frame-timing.ts';
import { DetailPresenter, type DetailPresenterOptions } from './detail-presenter.ts';

const log = logger('stream.picture');

export interface OwnPictureOptions extends Omit<DetailPresenterOptions, 'composer'> {
  clock: Clock;
  /** Null: detail is never added. */
  openComposer: ((size: StreamSize) => Promise<Composer>) | null;
  /** Frames can be composed from now on. */
  onReady(): void;
}

/**
 * Shows this machine's own frames: enlarged and with detail by a {@link DetailPresenter}, or stretched by the browser until the composer is ready,
 * and where there is none.
 */
export class OwnPicture {
  readonly #options: OwnPictureOptions;
  #presenter: DetailPresenter | null = null;
  #error: MeshError | null = null;
  #isOpening = false;
  #isDisposed = false;

  constructor(options: OwnPictureOptions) {
    this.#options = options;
  }

  /** Why this machine cannot add detail; null if it can, or it is not known yet. */
  get error(): MeshError | null {
    return this.#error;
  }

  /** Takes ownership of a frame and shows it. @param isHelped - its detail may come. */
  show(captured: CapturedFrame, isHelped: boolean): void {
    if (this.#presenter) this.#presenter.offer(captured, isHelped);
    else this.#options.screen.show({ ...captured, outcome: null, volunteerId: null, stagesAt: stagesOf(captured) });
  }

  /** The detail of a frame has come. */
  add(detail: FrameDetail): void {
    this.#presenter?.add(detail);
  }

  /** The detail of a frame will not come. */
  dropped(frameId: number): void {
    this.#presenter?.dropped(frameId);
  }

  /** The source has this size now. */
  resize(size: StreamSize): void {
    this.#presenter?.clear();
    const { openComposer } = this.#options;
    if (!openComposer || this.#isOpening) return;
    this.#isOpening = true;
    void this.#open(() => openComposer(size));
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#presenter?.dispose();
  }

  async #open(openComposer: () => Promise<Composer>): Promise<void> {
    try {
      const composer = await openComposer();
      if (this.#isDisposed) {
        composer.dispose();
        return;
      }
      this.#presenter = new DetailPresenter({ ...this.#options, composer });
      this.#options.onReady();
    } catch (cause) {
      this.#error = MeshError.from(cause, 'unsupported-browser');
      log.warn('cannot compose', { reason: this.#error.reason });
    }
  }
}

/** Of a frame that is shown as it is. */
function stagesOf({ capturedMs }: CapturedFrame): UpscaledFrame['stagesAt'] {
  return (presentedMs) =>
    localFrameStages({ capturedMs, computeStartMs: capturedMs, computedMs: capturedMs, presentedMs });
}
