import { type Clock, systemClock } from '../../shared/clock.ts';
import { nextAttachWaitMs } from '../sdk/attach/attach-retry.ts';
import { type Attachment, type AttachOptions, type GamerClient, MeshError, type Shown } from '../sdk/p2c2r.ts';

export type Picture = HTMLCanvasElement | HTMLVideoElement;

/** The sharpened picture over an element, as a page shows it. Another object for each change. */
export interface SharpenedState {
  /** Null until it is laid over the element, and where it could not be. */
  attachment: Attachment | null;
  /** Whether the sharpened picture is shown now, and why not: a sentence for a person. */
  shown: Shown;
  /** Why it could not be laid over the element. `bad-input` may pass, so that is tried again, ever more rarely. */
  error: MeshError | null;
}

export const NOT_ATTACHED: SharpenedState = {
  attachment: null,
  shown: { is: false, why: 'There is nothing to sharpen yet.' },
  error: null,
};

/** Detaches under way: an element has one picture at a time, and a stream takes a moment to close. */
const pendingDetaches = new WeakMap<Picture, Promise<unknown>>();

/**
 * A sharpened picture that a component of a page has while it is mounted. It is attached in a microtask and after the one before it is gone, so that a
 * component that is mounted twice attaches once.
 */
export class SharpenedPicture {
  readonly #client: Pick<GamerClient, 'attach'>;
  readonly #element: Picture;
  readonly #options: AttachOptions;
  readonly #onChange: (state: SharpenedState) => void;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  #state = NOT_ATTACHED;

  /** @param onChange - not called after `end` */
  constructor(
    client: Pick<GamerClient, 'attach'>,
    element: Picture,
    options: AttachOptions,
    onChange: (state: SharpenedState) => void,
    clock: Clock = systemClock,
  ) {
    this.#client = client;
    this.#element = element;
    this.#options = options;
    this.#onChange = onChange;
    this.#clock = clock;
    this.#ended = this.#run();
  }

  /** Detaches, also what is still being attached. Rejects with a MeshError where that fails. */
  end(): Promise<void> {
    this.#ending.abort();
    pendingDetaches.set(this.#element, Promise.allSettled([this.#ended]));
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    await pendingDetaches.get(this.#element);
    await Promise.resolve();
    let waitMs = 0;
    while (!signal.aborted) {
      if (isLoading(this.#element)) {
        await this.#loaded();
        continue;
      }
      const error = await this.#attachUntilEnd();
      if (error?.reason !== 'bad-input' || signal.aborted) return;
      waitMs = nextAttachWaitMs(waitMs);
      await this.#until((done) => this.#clock.after(waitMs, done));
    }
  }

  /** Returns why the element could not be sharpened; null if it was, once that has ended. */
  async #attachUntilEnd(): Promise<MeshError | null> {
    const { signal } = this.#ending;
    let attachment: Attachment;
    try {
      attachment = await this.#client.attach(this.#element, this.#options);
    } catch (cause) {
      const error = MeshError.from(cause);
      // What is tried again and fails as before is no news.
      if (error.message !== this.#state.error?.message) {
        this.#change({ ...NOT_ATTACHED, shown: { is: false, why: error.message }, error });
      }
      return error;
    }
    if (!signal.aborted) await this.#follow(attachment, signal);
    try {
      await attachment.detach();
    } catch (cause) {
      throw MeshError.from(cause);
    }
    return null;
  }

  /** Until the end. */
  #follow(attachment: Attachment, signal: AbortSignal): Promise<void> {
    const read = () => this.#change({ attachment, shown: attachment.shown, error: null });
    attachment.addEventListener('shown', read, { signal });
    read();
    return this.#until(() => () => {});
  }

  /** Until the video has a picture, or the end. */
  #loaded(): Promise<void> {
    const video = this.#element;
    this.#change({ ...NOT_ATTACHED, shown: { is: false, why: 'The video has no picture yet.' } });
    return this.#until((done) => {
      video.addEventListener('loadeddata', done);
      return () => video.removeEventListener('loadeddata', done);
    });
  }

  /** @param begin - calls back when the waiting is over; returns what gives it up at the end */
  #until(begin: (done: () => void) => () => void): Promise<void> {
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      const settle = () => {
        giveUp();
        signal.removeEventListener('abort', settle);
        resolve();
      };
      const giveUp = begin(settle);
      signal.addEventListener('abort', settle);
    });
  }

  #change(state: SharpenedState): void {
    if (this.#ending.signal.aborted) return;
    this.#state = state;
    this.#onChange(state);
  }
}

/** Whether this is a video whose `loadeddata` event is still to come. */
function isLoading(element: Picture): boolean {
  return 'readyState' in element && element.readyState === element.HAVE_NOTHING;
}
