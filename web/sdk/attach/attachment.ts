import { MeshError } from '../../../shared/errors.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import type { FrameStream, StreamOptions } from '../frame-stream.ts';
import { ElementWatch } from './element-watch.ts';
import { Overlay, type Picture } from './overlay.ts';
import { RenderSize } from './render-size.ts';
import { RenderTrial } from './render-trial.ts';
import { DEFAULT_MAX_DELAY_MS, ShowDecision, type Shown } from './show-decision.ts';

/** How often it is decided what is shown, ms: a stream's figures are renewed as often. */
const DECIDE_INTERVAL_MS = 250;
/** A stream whose figures do not change for so long does not run any more, ms. */
const STREAM_SILENT_MS = 3_000;
/** Frames a second of a stream that nobody sees: enough to be there at once when it is seen again. */
const UNSEEN_FPS = 1;

/** Options of `GamerClient.attach`: those of a stream, and: */
export interface AttachOptions extends StreamOptions {
  /**
   * Has the game draw only this part of its width and height, 0.25 to 1, while the sharpened picture is shown in its place. Needs `renderer`
   * or `resize`.
   * @default 1
   */
  renderScale?: number;
  /**
   * Whom to tell about `renderScale`: a renderer of three.js, an engine of Babylon.js, an application or renderer of PixiJS, an instance of
   * Unity, or `window`, for engines that read its devicePixelRatio in each frame, as Godot does.
   */
  renderer?: unknown;
  /** Called in place of `renderer`: sets the size of what the game draws, pixels. */
  resize?: (size: PictureSize) => void;
  /**
   * A picture that is later than this is not shown, ms.
   * @default 100
   */
  maxDelayMs?: number;
}

/**
 * The sharpened picture over an element of the page.
 *
 * Event `shown`: {@link Attachment.shown} changed.
 */
export interface Attachment extends EventTarget {
  readonly element: HTMLElement;
  /** Another one after a video has got another source, or is played again after its end. */
  readonly stream: FrameStream;
  /** Whether the sharpened picture is shown now, and why not: a sentence for a person. */
  readonly shown: Shown;
  /** Removes the picture and all that was changed for it, and closes the stream. From then on the picture is not shown. */
  detach(): Promise<void>;
}

export interface AttachDeps {
  openStream(source: Picture, options: StreamOptions): Promise<FrameStream>;
  volunteers(): readonly { id: string }[];
  /** Returns a function that removes the listener. */
  onVolunteersChanged(listener: () => void): () => void;
  now(): number;
  onDetached(attachment: Attachment): void;
}

/** Elements that have a picture over them, of all clients of the page. */
const attached = new WeakSet<Element>();

/**
 * Lays a stream's picture over an element. Throws MeshError `bad-input` for an element that cannot be captured or has a picture already, and
 * for impossible options; `unsupported-browser`, `closed`.
 */
export async function attach(deps: AttachDeps, element: Picture, options: AttachOptions): Promise<Attachment> {
  checkElement(element);
  const { maxDelayMs = DEFAULT_MAX_DELAY_MS } = options;
  if (!(maxDelayMs > 0)) throw MeshError.badInput(`maxDelayMs must be a number above 0, not ${maxDelayMs}.`);
  const renderSize = RenderSize.of(element, options);
  attached.add(element);
  try {
    // The stream's first size is the one that it will have.
    renderSize?.shrink();
    const open = () => deps.openStream(element, streamOptions(options));
    const stream = await open();
    return new ElementAttachment(deps, { element, options, stream, open, renderSize, maxDelayMs });
  } catch (cause) {
    renderSize?.restore();
    attached.delete(element);
    throw cause;
  }
}

function checkElement(element: unknown): asserts element is Picture {
  if (!(element instanceof HTMLCanvasElement || element instanceof HTMLVideoElement)) {
    const view = (element as Partial<Element> | null)?.ownerDocument?.defaultView ?? window;
    throw MeshError.badInput(
      view === window
        ? 'Pass a canvas or a video element of the page.'
        : 'This element belongs to a frame, and only code of that frame can capture it: load the SDK in that frame.',
    );
  }
  if (!attached.has(element)) return;
  throw MeshError.badInput('This element has a sharpened picture already. Detach that first.');
}

/** The options of the stream itself. Where the game is drawn smaller, the stream makes up for it unless a scale was chosen. */
function streamOptions({
  renderScale = 1,
  renderer: _,
  resize: __,
  maxDelayMs: ___,
  ...options
}: AttachOptions): StreamOptions {
  const scale = renderScale === 1 ? STREAM_LIMITS.defaultScale : 1 / renderScale;
  return { scale, ...options };
}

interface Opened {
  element: Picture;
  options: AttachOptions;
  stream: FrameStream;
  open(): Promise<FrameStream>;
  renderSize: RenderSize | null;
  maxDelayMs: number;
}

class ElementAttachment extends EventTarget implements Attachment {
  readonly element: Picture;
  readonly #deps: AttachDeps;
  readonly #opened: Opened;
  readonly #overlay: Overlay;
  readonly #decision: ShowDecision;
  readonly #watch: ElementWatch;
  readonly #trial = new RenderTrial();
  readonly #stopWatchingVolunteers: () => void;
  #stream: FrameStream;
  #volunteerIds: ReadonlySet<string>;
  /** Settles when the stream is that of the element's present source. */
  #reopened: Promise<void> = Promise.resolve();
  /** Why there is no stream of that source; empty if there is. */
  #withoutStream = '';
  #isSmall = true;
  #stats: unknown = null;
  #statsMs = 0;
  #decidedMs = Number.NEGATIVE_INFINITY;
  /** Whether the stream runs as one that is seen, as every new one does. */
  #wasSeen = true;
  #detaching: Promise<void> | null = null;

  constructor(deps: AttachDeps, opened: Opened) {
    super();
    const { element, stream, maxDelayMs } = opened;
    this.element = element;
    this.#deps = deps;
    this.#opened = opened;
    this.#stream = stream;
    this.#overlay = new Overlay(element, stream.canvas);
    this.#decision = new ShowDecision(maxDelayMs);
    this.#volunteerIds = new Set(deps.volunteers().map(({ id }) => id));
    this.#stopWatchingVolunteers = deps.onVolunteersChanged(() => this.#volunteersChanged());
    this.#watch = new ElementWatch(element, deps.now, {
      onFrame: () => this.#follow(),
      onUnseen: () => this.#unseen(),
      onStyle: () => this.#overlay.refresh(),
      onSource: () => {
        this.#withoutStream = 'The sharpened picture is on its way.';
        this.#reopened = this.#reopened.then(() => this.#reopen());
      },
    });
    // The watch tells of changes only, and a tab that was hidden before may stay so for hours.
    if (!this.#watch.isSeen) this.#unseen();
  }

  get stream(): FrameStream {
    return this.#stream;
  }

  get shown(): Shown {
    return this.#decision.shown;
  }

  detach(): Promise<void> {
    this.#detaching ??= this.#detach();
    return this.#detaching;
  }

  async #detach(): Promise<void> {
    this.#watch.stop();
    this.#stopWatchingVolunteers();
    this.#overlay.remove();
    this.#opened.renderSize?.restore();
    attached.delete(this.element);
    this.#deps.onDetached(this);
    const before = this.shown;
    this.#decision.withdraw('The sharpened picture was removed.');
    this.#tellChangeOf(before);
    await this.#stream.close();
  }

  /** In each frame in which the element can be seen. */
  #follow(): void {
    const nowMs = this.#deps.now();
    this.#see(true);
    const inTheWay = this.#overlay.follow(nowMs) || this.#watch.obstacle || this.#silence(nowMs);
    const obstacle = inTheWay || this.#fullSize();
    const isDue = nowMs - this.#decidedMs >= DECIDE_INTERVAL_MS;
    // What lies in the way hides the picture in the same frame.
    if (isDue || (obstacle && this.shown.is)) this.#decide(nowMs, obstacle, !inTheWay && obstacle !== '');
  }

  #unseen(): void {
    this.#see(false);
    const nowMs = this.#deps.now();
    this.#decide(nowMs, this.#overlay.follow(nowMs) || 'The element is out of sight.', true);
  }

  /** @param isSuspended - the sharpened picture is not even tried now: nobody sees the element, or it is drawn in full for now */
  #decide(nowMs: number, obstacle: string, isSuspended: boolean): void {
    this.#decidedMs = nowMs;
    const before = this.shown;
    const { enlargement } = this.#overlay;
    const shown = this.#decision.update({ nowMs, obstacle, enlargement, stats: this.#stream.stats() });
    this.#overlay.isShown = shown.is;
    this.#isSmall = this.#trial.update(nowMs, shown.is, isSuspended);
    if (this.#isSmall) this.#opened.renderSize?.shrink();
    else this.#opened.renderSize?.restore();
    this.#tellChangeOf(before);
  }

  #tellChangeOf(before: Shown): void {
    const { is, why } = this.shown;
    if (is !== before.is || why !== before.why) this.dispatchEvent(new Event('shown'));
  }

  /** Why the stream cannot be relied on; empty if it can. A stream that runs renews its figures. */
  #silence(nowMs: number): string {
    const stats = this.#stream.stats();
    if (stats !== this.#stats) this.#statsMs = nowMs;
    this.#stats = stats;
    if (this.#withoutStream) return this.#withoutStream;
    return nowMs - this.#statsMs > STREAM_SILENT_MS ? 'The stream does not run any more.' : '';
  }

  /** Frames that nobody sees cost little. */
  #see(isSeen: boolean): void {
    if (isSeen === this.#wasSeen) return;
    this.#wasSeen = isSeen;
    const { maxFps = STREAM_LIMITS.defaultFps } = this.#opened.options;
    try {
      this.#stream.set({ maxFps: isSeen ? maxFps : Math.min(maxFps, UNSEEN_FPS) });
    } catch {
      // The page, or another source of the video, has closed the stream.
    }
  }

  /** Why there is nothing to sharpen although the game could be drawn smaller; empty if it is. */
  #fullSize(): string {
    if (this.#isSmall || !this.#opened.renderSize) return '';
    return 'The game is drawn in its full size for now, since the sharpened picture of a smaller one did not come.';
  }

  /** The list also changes with every figure in it. */
  #volunteersChanged(): void {
    const known = this.#volunteerIds;
    this.#volunteerIds = new Set(this.#deps.volunteers().map(({ id }) => id));
    if ([...this.#volunteerIds].some((id) => !known.has(id))) this.#trial.helpChanged();
  }

  /** A stream ends with the video that it was opened on: it has no frames of another source, and none of a replay. */
  async #reopen(): Promise<void> {
    try {
      await this.#stream.close();
      if (this.#detaching) return;
      const stream = await this.#opened.open();
      if (this.#detaching) return void stream.close();
      this.#stream = stream;
      this.#wasSeen = true;
      this.#see(this.#watch.isSeen);
      this.#overlay.canvas = stream.canvas;
      this.#withoutStream = '';
    } catch (cause) {
      // Such as a source of another origin. The next one may be another.
      this.#withoutStream = MeshError.from(cause).message;
    }
  }
}
