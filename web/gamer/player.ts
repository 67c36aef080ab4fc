import { signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { StreamQuality, Where } from '../sdk/types.ts';
import type { Client } from './client.ts';
import type { Comparison } from './comparison.ts';
import { ImageRenderer, type Renderer, type Report, type Settings, StreamRenderer } from './renderers.ts';
import {
  type Captured,
  type CaptureKind,
  fileChoice,
  isCaptured,
  isSpent,
  type OpenSource,
  releaseCapture,
  type Source,
  type SourceChoice,
} from './source.ts';

/**
 * Shows one source at a time, sharpened. Changes are applied one after the other, and of those that wait only the newest, since a person
 * clicks faster than sources open and close.
 */
export class Player {
  readonly choice = signal<SourceChoice>({ kind: 'game' });
  readonly where = signal<Where>('auto');
  readonly quality = signal<StreamQuality>('auto');
  readonly scale = signal(2);

  /** Position of the divider between before and after. */
  readonly splitPercent = signal(50);

  readonly source = signal<Source | null>(null);
  readonly output = signal<HTMLCanvasElement | null>(null);
  readonly report = signal<Report | null>(null);
  readonly error = signal<MeshError | null>(null);
  /** An error that did not affect the picture. */
  readonly warning = signal<MeshError | null>(null);

  #client: Client | null = null;
  #renderer: Renderer | null = null;
  #opened: SourceChoice | null = null;
  /** Opened already, to become the source. */
  #prepared: { choice: SourceChoice; source: Source } | null = null;
  #newest = 0;
  #lastRequest = 0;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    private readonly open: OpenSource,
    private readonly capture: (kind: CaptureKind) => Promise<Captured>,
  ) {}

  /** Null: the source is shown unsharpened. */
  useClient(client: Client | null): Promise<void> {
    this.#client = client;
    return this.#restart();
  }

  async choose(choice: SourceChoice): Promise<void> {
    const request = ++this.#lastRequest;
    this.warning.value = null;
    if ('file' in choice && !(await this.#prepare(choice, request))) return;
    this.#stopUnopenedCapture();
    this.choice.value = choice;
    await this.#restart();
  }

  /** Opens a file while the current source goes on: it stays where the file cannot be shown. Returns whether to go on with the file. */
  async #prepare(choice: SourceChoice, request: number): Promise<boolean> {
    let source: Source;
    try {
      source = await this.open(choice, { onError: this.#fail });
    } catch (cause) {
      if (request === this.#lastRequest) this.warning.value = MeshError.from(cause, 'bad-input');
      return false;
    }
    // The person chose something else meanwhile, or left.
    if (request !== this.#lastRequest) {
      source.dispose();
      return false;
    }
    this.#prepared?.source.dispose();
    this.#prepared = { choice, source };
    return true;
  }

  /** Asks the person for a screen or camera. The current source stays until there is one. */
  async startCapture(kind: CaptureKind): Promise<void> {
    const request = ++this.#lastRequest;
    this.warning.value = null;
    try {
      const captured = await this.capture(kind);
      // The person chose something else meanwhile.
      if (request !== this.#lastRequest) releaseCapture(captured);
      else await this.choose(captured);
    } catch (cause) {
      if (request === this.#lastRequest) this.warning.value = MeshError.from(cause, 'bad-input');
    }
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

  /** Shows a file, or warns when it is neither a picture nor a video. */
  async chooseFile(file: File): Promise<void> {
    const choice = fileChoice(file);
    if (choice) return this.choose(choice);

    this.warning.value = MeshError.badInput(`“${file.name}” is neither a picture nor a video. Choose one of these.`);
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
      return pair ? { ...pair, splitPercent: this.splitPercent.value } : null;
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
    this.#closed = true;
    this.#lastRequest++;
    this.#stopUnopenedCapture();
    return this.#restart();
  }

  /** Stops a capture that was chosen but never opened: no camera may run unseen. */
  #stopUnopenedCapture(): void {
    const choice = this.choice.value;
    if (isCaptured(choice) && choice !== this.#opened) releaseCapture(choice);
  }

  #restart(): Promise<void> {
    const turn = ++this.#newest;
    this.#work = this.#work.then(() => (turn === this.#newest ? this.#apply(turn) : undefined));
    return this.#work;
  }

  async #apply(turn: number): Promise<void> {
    this.error.value = null;
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
    const isPrepared = prepared?.choice === choice && !this.#closed;
    if (!isPrepared) prepared?.source.dispose();
    if (current && !this.#closed && this.#opened === choice && !isSpent(current)) return current;
    this.source.value = null;
    this.#opened = null;
    current?.dispose();
    if (this.#closed) return null;
    const source = isPrepared ? prepared.source : await this.open(choice, { onError: this.#fail });
    this.source.value = source;
    this.#opened = choice;
    return source;
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
