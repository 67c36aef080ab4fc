import { type Attachment, type AttachOptions, type GamerClient, MeshError, type Shown } from '../sdk/p2c2r.ts';

export type Picture = HTMLCanvasElement | HTMLVideoElement;

/** The sharpened picture over an element, as a page shows it. Another object for each change. */
export interface SharpenedState {
  /** Null until it is laid over the element, and where it could not be. */
  attachment: Attachment | null;
  /** Whether the sharpened picture is shown now, and why not: a sentence for a person. */
  shown: Shown;
  /** Why it could not be laid over the element. */
  error: MeshError | null;
}

export const NOT_ATTACHED: SharpenedState = {
  attachment: null,
  shown: { is: false, why: 'There is nothing to sharpen yet.' },
  error: null,
};

/** Detaches under way: an element has one picture at a time, and a stream takes a moment to close. */
const pendingDetaches = new WeakMap<Picture, Promise<void>>();

/**
 * A sharpened picture that a component of a page has while it is mounted. It is attached in a microtask and after the one before it is gone, so that a
 * component that is mounted twice attaches once.
 */
export class SharpenedPicture {
  readonly #client: Pick<GamerClient, 'attach'>;
  readonly #element: Picture;
  readonly #options: AttachOptions;
  readonly #onChange: (state: SharpenedState) => void;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;

  /** @param onChange - not called after `end` */
  constructor(
    client: Pick<GamerClient, 'attach'>,
    element: Picture,
    options: AttachOptions,
    onChange: (state: SharpenedState) => void,
  ) {
    this.#client = client;
    this.#element = element;
    this.#options = options;
    this.#onChange = onChange;
    this.#ended = this.#run();
  }

  /** Detaches, also what is still being attached. */
  end(): Promise<void> {
    this.#ending.abort();
    pendingDetaches.set(this.#element, this.#ended);
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    await pendingDetaches.get(this.#element);
    await Promise.resolve();
    if (signal.aborted) return;
    try {
      const attachment = await this.#client.attach(this.#element, this.#options);
      if (!signal.aborted) await this.#follow(attachment, signal);
      await attachment.detach();
    } catch (cause) {
      const error = MeshError.from(cause);
      if (!signal.aborted) this.#onChange({ ...NOT_ATTACHED, shown: { is: false, why: error.message }, error });
    }
  }

  /** Until the end. */
  #follow(attachment: Attachment, signal: AbortSignal): Promise<void> {
    const read = () => this.#onChange({ attachment, shown: attachment.shown, error: null });
    attachment.addEventListener('shown', read, { signal });
    read();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}
