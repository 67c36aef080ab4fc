import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { Composer } from '../compose/composer.ts';
import type { CapturedFrame, FrameDetail, UpscaledFrame } from '../frame.ts';
import type { StreamSize } from '../frame-size.ts';
import { localFrameStages } from '../frame-timing.ts';
import {
  DetailPresenter,
  type DetailPresenterOptions,
  type OfferedFrame,
  type PendingInputs,
} from './detail-presenter.ts';

const log = logger('stream.presenter');

export interface FramePresenterOptions extends Omit<DetailPresenterOptions, 'composer'> {
  clock: Clock;
  /** Null: detail is never added. */
  openComposer: ((size: StreamSize) => Promise<Composer>) | null;
  /** Frames can be composed from now on. */
  onReady(): void;
}

/**
 * Presents every frame of a detail stream: enlarged, with detail and the local picture of it, by a {@link DetailPresenter}. Until the composer is
 * ready, and where there is none, they are stretched by the browser.
 */
export class FramePresenter {
  readonly #options: FramePresenterOptions;
  #presenter: DetailPresenter | null = null;
  #error: MeshError | null = null;
  #isOpening = false;
  #isDisposed = false;

  constructor(options: FramePresenterOptions) {
    this.#options = options;
  }

  /** Why this machine cannot add detail; null if it can, or it is not known yet. */
  get error(): MeshError | null {
    return this.#error;
  }

  /** Takes ownership of a frame and shows it. */
  show(captured: OfferedFrame, awaited: PendingInputs): void {
    if (this.#presenter) this.#presenter.offer(captured, awaited);
    // Comes back, sharpened or as it is.
    else if (awaited.sharpened) captured.frame.close();
    else this.#options.screen.show({ ...captured, outcome: null, volunteerId: null, stagesAt: stagesOf(captured) });
  }

  /** Takes ownership of the detail of a frame. */
  add(detail: FrameDetail): void {
    if (this.#presenter) this.#presenter.add(detail);
    else detail.release();
  }

  /** Takes ownership of what this machine made of a frame, which may be nothing. */
  sharpened({ outcome, ...picture }: UpscaledFrame): void {
    if (!this.#presenter) this.#options.screen.show({ outcome, ...picture });
    else if (outcome) this.#presenter.sharpened({ outcome, ...picture });
    else {
      picture.frame.close();
      this.#presenter.dropped(picture.frameId, 'sharpened');
    }
  }

  /** Something that a frame waits for will not come. */
  dropped(frameId: number, what: keyof PendingInputs): void {
    this.#presenter?.dropped(frameId, what);
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

/** Times of the stages of a frame that is shown as it is. */
function stagesOf({ capturedMs }: CapturedFrame): UpscaledFrame['stagesAt'] {
  return (presentedMs) =>
    localFrameStages({ capturedMs, computeStartMs: capturedMs, computedMs: capturedMs, presentedMs });
}
