import { signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { Quality, Where } from '../sdk/types.ts';
import type { Client } from './client.ts';
import { LiveShow } from './live-show.ts';
import type { Report, Settings, Show } from './show.ts';
import { fileChoice, isSpent, type openSource, type Source, type SourceChoice } from './source.ts';
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
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly open: typeof openSource) {}

  /** Null: the source is shown as it is. */
  useClient(client: Client | null): Promise<void> {
    this.#client = client;
    return this.#restart();
  }

  choose(choice: SourceChoice): Promise<void> {
    this.choice.value = choice;
    this.mishap.value = null;
    return this.#restart();
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
    this.#opened = null;
    return this.#restart();
  }

  /** Shows a file, unless it can be no source. */
  async chooseFile(file: File): Promise<void> {
    const choice = fileChoice(file);
    if (choice) return this.choose(choice);

    this.mishap.value = MeshError.badInput(`“${file.name}” is neither a picture nor a video. Choose one of these.`);
  }

  /** Hands the result to who writes it to a file. */
  async save(write: (canvas: HTMLCanvasElement, fileName: string) => Promise<void>): Promise<void> {
    const canvas = this.output.value;
    const choice = this.choice.value;
    if (!canvas || choice.kind === 'game') return;
    try {
      await write(canvas, `${choice.file.name.replace(/\.\w+$/, '')}-${this.scale.value}x.png`);
    } catch (cause) {
      this.mishap.value = MeshError.from(cause);
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#restart();
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
