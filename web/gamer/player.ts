import { signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { Quality, Where } from '../sdk/types.ts';
import type { capture } from './capture.ts';
import type { Client } from './client.ts';
import type { Comparison } from './comparison.ts';
import { LiveShow } from './live-show.ts';
import type { Report, Settings, Show } from './show.ts';
import {
  type CaptureKind,
  fileChoice,
  isCaptured,
  isSpent,
  type OpenSource,
  type Source,
  type SourceChoice,
} from './source.ts';
import { StillShow } from './still-show.ts';

/**
 * Shows one source at a time, sharpened. Changes are applied one after the other, and only the newest of those that wait: opening
 * and closing take time, and a person clicks faster.
 */
export class Player {
  readonly choice = signal<SourceChoice>({ kind: 'game' });
  readonly where = signal<Where>('auto');
  readonly quality = signal<Quality>('spatial');
  readonly scale = signal(2);

  /** Where the divider between before and after is. */
  readonly splitPercent = signal(50);

  readonly source = signal<Source | null>(null);
  readonly output = signal<HTMLCanvasElement | null>(null);
  readonly report = signal<Report | null>(null);
  readonly error = signal<MeshError | null>(null);
  /** What went wrong beside the picture, and left it as it is. */
  readonly mishap = signal<MeshError | null>(null);

  #client: Client | null = null;
  #show: Show | null = null;
  #opened: SourceChoice | null = null;
  #newest = 0;
  #asked = 0;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    private readonly open: OpenSource,
    private readonly askFor: typeof capture,
  ) {}

  /** Null: the source is shown as it is. */
  useClient(client: Client | null): Promise<void> {
    this.#client = client;
    return this.#restart();
  }

  choose(choice: SourceChoice): Promise<void> {
    this.#asked++;
    this.#letGo();
    this.choice.value = choice;
    this.mishap.value = null;
    return this.#restart();
  }

  /** Asks for a screen or camera. What is shown goes on until there is one, and when there is none. */
  async startCapture(kind: CaptureKind): Promise<void> {
    const asked = ++this.#asked;
    this.mishap.value = null;
    try {
      const track = await this.askFor(kind);
      // Something else was chosen while the browser asked.
      if (asked !== this.#asked) track.stop();
      else await this.choose({ kind, track });
    } catch (cause) {
      if (asked === this.#asked) this.mishap.value = MeshError.from(cause, 'bad-input');
    }
  }

  setScale(scale: number): Promise<void> {
    this.scale.value = scale;
    return this.#restart();
  }

  setWhere(where: Where): void {
    this.where.value = where;
    this.#show?.set(this.#settings());
  }

  setQuality(quality: Quality): void {
    this.quality.value = quality;
    this.#show?.set(this.#settings());
  }

  /** Starts over after an error. */
  retry(): Promise<void> {
    const choice = this.choice.value;
    if (!isCaptured(choice)) this.#opened = null;
    // Ended by the person, who must be asked again; while it is live only what is made of it can have failed.
    else if (choice.track.readyState === 'ended') return this.startCapture(choice.kind);
    return this.#restart();
  }

  /** Shows a file, unless it can be no source. */
  async chooseFile(file: File): Promise<void> {
    const choice = fileChoice(file);
    if (choice) return this.choose(choice);

    this.mishap.value = MeshError.badInput(`“${file.name}” is neither a picture nor a video. Choose one of these.`);
  }

  /** Nothing more comes from the source; its last picture stands, the sharp one alone: an ended video turns black. */
  get hasEnded(): boolean {
    return this.error.value?.reason === 'source-ended';
  }

  /** What is shown at this moment; null while one of the two is missing. */
  comparison(): Comparison | null {
    const before = this.source.value?.before;
    const after = this.output.value;
    return before && after ? { before, after, splitPercent: this.splitPercent.value } : null;
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#asked++;
    this.#letGo();
    return this.#restart();
  }

  /** Of a capture that was never opened: no camera may run that nothing shows. */
  #letGo(): void {
    const choice = this.choice.value;
    if (isCaptured(choice) && choice !== this.#opened) choice.track.stop();
  }

  #restart(): Promise<void> {
    const turn = ++this.#newest;
    this.#work = this.#work.then(() => (turn === this.#newest ? this.#apply(turn) : undefined));
    return this.#work;
  }

  async #apply(turn: number): Promise<void> {
    this.error.value = null;
    try {
      await this.#closeShow();
      const source = await this.#openChosen();
      if (source && this.#client && turn === this.#newest) await this.#openShow(this.#client, source);
    } catch (cause) {
      this.error.value = MeshError.from(cause, 'bad-input');
    }
  }

  async #openChosen(): Promise<Source | null> {
    const choice = this.choice.value;
    const current = this.source.value;
    if (current && !this.#closed && this.#opened === choice && !isSpent(current)) return current;
    this.source.value = null;
    this.#opened = null;
    current?.dispose();
    if (this.#closed) return null;
    const source = await this.open(choice, { onError: this.#fail });
    this.source.value = source;
    this.#opened = choice;
    return source;
  }

  async #openShow(client: Client, source: Source): Promise<void> {
    const settings = this.#settings();
    const onReport = (report: Report) => {
      this.report.value = report;
    };
    const show =
      source.kind === 'image'
        ? new StillShow(client, source, settings, { onReport, onError: this.#fail })
        : await LiveShow.open(client, source, settings, onReport);
    this.#show = show;
    this.output.value = show.canvas;
    // The person may have changed their mind while it opened.
    show.set(this.#settings());
  }

  async #closeShow(): Promise<void> {
    const show = this.#show;
    this.#show = null;
    this.output.value = null;
    this.report.value = null;
    await show?.close();
  }

  #settings(): Settings {
    return { where: this.where.value, quality: this.quality.value, scale: this.scale.value };
  }

  readonly #fail = (error: MeshError) => {
    this.error.value = error;
  };
}
