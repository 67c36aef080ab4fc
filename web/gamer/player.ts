import { type Signal, signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { StreamQuality, Where } from '../sdk/types.ts';
import type { Client } from './client.ts';
import type { Comparison } from './comparison.ts';
import { DEFAULT_CHOICES, type Mode, type PageChoices } from './remembered-choices.ts';
import { ImageRenderer, type Renderer, type Report, type Settings, StreamRenderer } from './renderers.ts';
import {
  type Captured,
  type CaptureKind,
  captureEnded,
  fileChoice,
  isCaptured,
  isSpent,
  type OpenSource,
  releaseCapture,
  type Source,
  type SourceChoice,
  type SourceKind,
} from './source.ts';

/** Why a source could not be chosen. What was shown before goes on. */
export interface Refusal {
  error: MeshError;
  /** What was asked for; null for a dropped file that is neither a picture nor a video. */
  kind: SourceKind | null;
}

/** An opened source, which may fail before it is shown. */
interface Opened {
  choice: SourceChoice;
  source: Source;
  /** Why no more pictures of it come. */
  failure: MeshError | null;
}

/**
 * Shows one source at a time, sharpened. Changes are applied one after the other, and of those that wait only the newest, since a person
 * clicks faster than sources open and close.
 */
export class Player {
  readonly choice = signal<SourceChoice>({ kind: 'game' });
  readonly mode: Signal<Mode>;
  readonly where: Signal<Where>;
  readonly quality: Signal<StreamQuality>;
  readonly scale: Signal<number>;

  /** Position of the divider between before and after. */
  readonly splitPercent = signal(50);

  readonly source = signal<Source | null>(null);
  readonly output = signal<HTMLCanvasElement | null>(null);
  readonly report = signal<Report | null>(null);
  /** Why the picture does not go on. */
  readonly error = signal<MeshError | null>(null);
  /** Why the source is not what was asked for last; null where it is. */
  readonly refusal = signal<Refusal | null>(null);

  #client: Client | null = null;
  #renderer: Renderer | null = null;
  #opened: Opened | null = null;
  /** Opened already, to become the source. */
  #prepared: Opened | null = null;
  #newest = 0;
  #lastRequest = 0;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(
    private readonly open: OpenSource,
    private readonly capture: (kind: CaptureKind) => Promise<Captured>,
    choices: PageChoices = DEFAULT_CHOICES,
  ) {
    this.mode = signal(choices.mode);
    this.where = signal(choices.where);
    this.quality = signal(choices.quality);
    this.scale = signal(choices.scale);
  }

  /** Null: the source is shown unsharpened. */
  useClient(client: Client | null): Promise<void> {
    this.#client = client;
    return this.#restart();
  }

  /** Shows another source. The current one goes on until that is open, and stays where it cannot be opened. */
  async choose(choice: SourceChoice): Promise<void> {
    const request = ++this.#lastRequest;
    this.refusal.value = null;
    if (!(await this.#prepare(choice, request))) return;
    this.#stopUnopenedCapture();
    this.choice.value = choice;
    await this.#restart();
  }

  /** Opens a source while the current one goes on. Returns whether to go on with it. */
  async #prepare(choice: SourceChoice, request: number): Promise<boolean> {
    let opened: Opened;
    try {
      opened = await this.#openSource(choice);
    } catch (cause) {
      if (isCaptured(choice)) releaseCapture(choice);
      if (request === this.#lastRequest) this.#refuse(choice.kind, cause);
      return false;
    }
    // The person chose something else meanwhile, or left.
    if (request !== this.#lastRequest) {
      opened.source.dispose();
      return false;
    }
    this.#prepared?.source.dispose();
    this.#prepared = opened;
    return true;
  }

  /** Asks the person for a screen or camera. The current source stays until there is one. */
  async startCapture(kind: CaptureKind): Promise<void> {
    const request = ++this.#lastRequest;
    this.refusal.value = null;
    try {
      const captured = await this.capture(kind);
      // The person chose something else meanwhile.
      if (request !== this.#lastRequest) releaseCapture(captured);
      else await this.choose(captured);
    } catch (cause) {
      if (request === this.#lastRequest) this.#refuse(kind, cause);
    }
  }

  /** Ends a screen or camera at once, and goes back to the game. Where that cannot be opened, the last picture stays. */
  async stopCapture(): Promise<void> {
    const choice = this.choice.value;
    if (!isCaptured(choice)) return;
    releaseCapture(choice);
    await this.choose({ kind: 'game' });
    if (this.choice.value !== choice) return;
    const ended = captureEnded(choice.kind);
    if (this.#opened?.choice === choice) this.#opened.failure ??= ended;
    this.error.value ??= ended;
  }

  setScale(scale: number): Promise<void> {
    this.scale.value = scale;
    return this.#restart();
  }

  setWhere(where: Where): void {
    this.where.value = where;
    this.#renderer?.set(this.#settings());
  }

  setQuality(quality: StreamQuality): void {
    this.quality.value = quality;
    this.#renderer?.set(this.#settings());
  }

  /** Starts over after an error. */
  retry(): Promise<void> {
    const choice = this.choice.value;
    if (!isCaptured(choice)) this.#opened = null;
    // The person ended the capture and must be asked again. With a live track, only the stream can have failed.
    else if (choice.track.readyState === 'ended') return this.startCapture(choice.kind);
    return this.#restart();
  }

  /** Shows a file, or says that it is neither a picture nor a video. */
  async chooseFile(file: File): Promise<void> {
    const choice = fileChoice(file);
    if (choice) return this.choose(choice);
    this.#refuse(null, MeshError.badInput(`“${file.name}” is neither a picture nor a video. Choose one of these.`));
  }

  /** The source has ended. Its last picture stays. */
  get hasEnded(): boolean {
    return this.error.value?.reason === 'source-ended';
  }

  /** Two pictures of one and the same frame, of those on the page; null while there are none. The caller releases them. */
  async comparison(): Promise<Comparison | null> {
    const renderer = this.#renderer;
    try {
      const pair = await renderer?.pair();
      return pair ? { ...pair, splitPercent: this.mode.value === 'play' ? 0 : this.splitPercent.value } : null;
    } catch (cause) {
      // The source is being changed.
      if (renderer !== this.#renderer) return null;
      throw cause;
    }
  }

  /** Shows what {@link after} was made of. A live source is later by now. */
  get before(): HTMLCanvasElement | null {
    const report = this.report.value;
    if (report?.kind === 'stream') return report.before;
    const source = this.source.value;
    return source?.kind === 'image' ? source.before : null;
  }

  /** Shows the result; null until there is one. */
  get after(): HTMLCanvasElement | null {
    return this.before && this.output.value;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#lastRequest++;
    this.#stopUnopenedCapture();
    return this.#restart();
  }

  /** Stops a capture that was chosen but never opened: no camera may run unseen. */
  #stopUnopenedCapture(): void {
    const choice = this.choice.value;
    if (isCaptured(choice) && choice !== this.#opened?.choice) releaseCapture(choice);
  }

  async #openSource(choice: SourceChoice): Promise<Opened> {
    let opened: Opened | null = null;
    const onError = (error: MeshError) => {
      // What fails while it is opened is told by the rejection.
      if (!opened) return;
      opened.failure = error;
      if (this.source.value === opened.source) this.error.value = error;
    };
    opened = { choice, source: await this.open(choice, { onError }), failure: null };
    return opened;
  }

  #refuse(kind: SourceKind | null, cause: unknown): void {
    this.refusal.value = { kind, error: MeshError.from(cause, 'bad-input') };
  }

  #restart(): Promise<void> {
    const turn = ++this.#newest;
    this.#work = this.#work.then(() => (turn === this.#newest ? this.#apply(turn) : undefined));
    return this.#work;
  }

  async #apply(turn: number): Promise<void> {
    // A source that broke off stays so: neither another scale nor another client brings more pictures of it.
    this.error.value = this.#opened?.choice === this.choice.value ? this.#opened.failure : null;
    try {
      await this.#closeRenderer();
      const source = await this.#openChosen();
      if (source && this.#client && turn === this.#newest) await this.#openRenderer(this.#client, source);
    } catch (cause) {
      this.error.value = MeshError.from(cause, 'bad-input');
    }
  }

  async #openChosen(): Promise<Source | null> {
    const choice = this.choice.value;
    const current = this.source.value;
    const prepared = this.#prepared;
    this.#prepared = null;
    const isPrepared = prepared?.choice === choice && !this.#isClosed;
    if (!isPrepared) prepared?.source.dispose();
    if (current && !this.#isClosed && this.#opened?.choice === choice && !isSpent(current)) return current;
    this.source.value = null;
    this.#opened = null;
    current?.dispose();
    if (this.#isClosed) return null;
    const opened = isPrepared ? prepared : await this.#openSource(choice);
    this.source.value = opened.source;
    this.error.value = opened.failure;
    this.#opened = opened;
    return opened.source;
  }

  async #openRenderer(client: Client, source: Source): Promise<void> {
    const settings = this.#settings();
    const onReport = (report: Report) => {
      this.report.value = report;
    };
    const renderer =
      source.kind === 'image'
        ? new ImageRenderer(client, source, settings, { onReport, onError: this.#fail })
        : await StreamRenderer.open(client, source, settings, onReport);
    this.#renderer = renderer;
    this.output.value = renderer.canvas;
    // The person may have changed settings while it opened.
    renderer.set(this.#settings());
  }

  async #closeRenderer(): Promise<void> {
    const renderer = this.#renderer;
    this.#renderer = null;
    this.output.value = null;
    this.report.value = null;
    await renderer?.close();
  }

  #settings(): Settings {
    return { where: this.where.value, quality: this.quality.value, scale: this.scale.value };
  }

  readonly #fail = (error: MeshError) => {
    this.error.value = error;
  };
}
