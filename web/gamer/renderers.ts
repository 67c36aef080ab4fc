import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { isNetwork } from '../../shared/tasks/upscale.ts';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import { outputSize } from '../../shared/tasks/upscale-size.ts';
import type { Quality, StreamQuality, Task, Timing, Where } from '../sdk/types.ts';
import { qualityLabel } from '../ui/labels.ts';
import { CountRate, TimeWindow } from '../ui/time-window.ts';
import type { Client, FrameStream, StreamStats } from './client.ts';
import type { Comparison } from './comparison.ts';
import { SharpnessMeter } from './sharpness.ts';
import type { LiveSource, StillSource } from './source.ts';

/** Settings that the person chose. */
export interface Settings {
  where: Where;
  quality: StreamQuality;
  scale: number;
}

type Pair = Omit<Comparison, 'splitPercent'>;

/** Renders a source's sharpened pictures on a canvas. */
export interface Renderer {
  readonly canvas: HTMLCanvasElement;
  /** Both pictures of what is shown; null while there is none. */
  pair(): Promise<Pair | null>;
  /** Changes settings that need no new renderer. */
  set(settings: Pick<Settings, 'where' | 'quality'>): void;
  close(): Promise<void>;
}

/** Figures of a renderer. */
export type Report = StreamReport | ImageReport;

export interface ImageReport extends PictureSize {
  kind: 'image';
  /** Null until it is sharpened. */
  timing: Timing | null;
  /** The quality it is sharpened with. */
  quality: Quality;
  /** Why not with the chosen quality, or that a better one follows; empty when neither. */
  why: string;
}

export interface StreamReport {
  kind: 'stream';
  stats: StreamStats;
  /** Frame rate of the source, without the frames above the rate that the page asked for; NaN until it is known. */
  capturedFps: number;
  /** Size of the picture; null before the first. */
  size: PictureSize | null;
  /** The frame on the canvas as it was captured; null before the first. */
  before: HTMLCanvasElement | null;
  /** How much stronger its edges are than those of the frame stretched, as a share, measured; NaN while that is not known. */
  contrastGain: number;
  /** Chart data: times in seconds, frame rates, typical delays in ms. */
  columns: [number[], ...(number | null)[][]];
}

/** As often as a person can read figures. */
const REPORT_INTERVAL_MS = 500;
/** Time that the chart covers. */
export const CHART_WINDOW_S = 60;
const MAX_SAMPLES = (CHART_WINDOW_S * 1_000) / REPORT_INTERVAL_MS + 1;
/** Reports between two measurements of the picture itself: each reads a part of it back. */
const REPORTS_PER_MEASUREMENT = 4;

/** Renders a stream and reports its figures. */
export class StreamRenderer implements Renderer {
  readonly #history = new TimeWindow(CHART_WINDOW_S, MAX_SAMPLES);
  /** Measured over the same window as the output frame rate. */
  readonly #captured = new CountRate(STREAM_LIMITS.statsWindowMs);
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #startedMs = performance.now();
  /** From the start: its pictures are those of the stream's canvas from the first one on. */
  readonly #before: HTMLCanvasElement;
  #meter = new SharpnessMeter();
  #contrastGain = Number.NaN;
  #reports = 0;

  private constructor(
    private readonly stream: FrameStream,
    private readonly onReport: (report: Report) => void,
  ) {
    this.#before = stream.before;
    this.#timer = setInterval(() => this.#report(), REPORT_INTERVAL_MS);
  }

  static async open(
    client: Client,
    source: LiveSource,
    settings: Settings,
    onReport: (report: Report) => void,
  ): Promise<StreamRenderer> {
    const stream = await client.openStream(source.frames, settings);
    return new StreamRenderer(stream, onReport);
  }

  get canvas(): HTMLCanvasElement {
    return this.stream.canvas;
  }

  async pair(): Promise<Pair | null> {
    const pair = await this.stream.pair();
    if (!pair) return null;
    const { before, after, quality } = pair;
    const release = () => {
      before.close();
      after.close();
    };
    return { before, after, quality, release };
  }

  set({ where, quality }: Pick<Settings, 'where' | 'quality'>): void {
    this.stream.set({ where, quality });
    this.#meter = new SharpnessMeter();
    this.#contrastGain = Number.NaN;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.stream.close();
  }

  #report(): void {
    const stats = this.stream.stats();
    const nowMs = performance.now();
    const timeS = (nowMs - this.#startedMs) / 1_000;
    this.#captured.add(stats.framesCaptured - (stats.framesDropped['fps-cap'] ?? 0), nowMs);
    this.#history.add([timeS, stats.fps, stats.glassToGlassMs.p50 || null]);
    const { width, height } = this.canvas;
    const hasPicture = stats.framesPresented > 0;
    // Nobody reads the figures of a hidden page.
    const isMeasured = hasPicture && !document.hidden && this.#reports++ % REPORTS_PER_MEASUREMENT === 0;
    if (isMeasured) this.#contrastGain = this.#meter.sample(this.#before, this.canvas);
    this.onReport({
      kind: 'stream',
      stats,
      capturedFps: this.#captured.perSecond,
      size: hasPicture ? { width, height } : null,
      before: hasPicture ? this.#before : null,
      contrastGain: this.#contrastGain,
      columns: this.#history.columns(2),
    });
  }
}

interface ImageHandlers {
  onReport: (report: Report) => void;
  onError: (error: MeshError) => void;
}

/** Why a picture that is sharpened at once is not the best yet. */
const FOLLOWS = `The ${qualityLabel('quality')} sharpens it further.`;

interface Step {
  why?: string;
  /** The better quality that follows. */
  next?: Quality | null;
  /** The picture that is shown until this one is there, and stays if this one fails. */
  before?: ImageReport | null;
}

/** Renders one picture, sharpened by a task. */
export class ImageRenderer implements Renderer {
  readonly canvas: HTMLCanvasElement;
  #settings: Settings;
  #task: Task<'upscale'> | null = null;
  /** The quality of the picture on the canvas; null before it is sharpened. */
  #shown: Quality | null = null;

  /** Throws MeshError `too-large`, before it makes the canvas. */
  constructor(
    private readonly client: Client,
    private readonly source: StillSource,
    settings: Settings,
    private readonly handlers: ImageHandlers,
  ) {
    this.#settings = settings;
    const { outWidth: width, outHeight: height } = outputSize(source.image, { scale: settings.scale });
    this.canvas = Object.assign(document.createElement('canvas'), { width, height });
    // Stretched by the browser until the sharpened picture is there.
    this.canvas.getContext('2d')?.drawImage(source.image, 0, 0, this.canvas.width, this.canvas.height);
    void this.#run();
  }

  set({ where, quality }: Pick<Settings, 'where' | 'quality'>): void {
    if (where === this.#settings.where && quality === this.#settings.quality) return;
    this.#settings = { ...this.#settings, where, quality };
    void this.#run();
  }

  async pair(): Promise<Pair | null> {
    const { before } = this.source;
    return this.#shown && { before, after: this.canvas, quality: this.#shown, release: () => {} };
  }

  async close(): Promise<void> {
    const task = this.#task;
    this.#task = null;
    task?.cancel();
  }

  /**
   * Without a chosen quality a filter's picture comes at once, and that of `quality` as soon as it is there: a still picture need not keep up with
   * anything. `ultra` would take a processor many seconds for a photo.
   */
  async #run(): Promise<void> {
    this.#task?.cancel();
    const { quality } = this.#settings;
    if (quality === 'auto') await this.#sharpen('spatial', { why: FOLLOWS, next: 'quality' });
    else await this.#sharpen(quality);
  }

  async #sharpen(quality: Quality, { why = '', next = null, before = null }: Step = {}): Promise<void> {
    const { where, scale } = this.#settings;
    const { width, height } = this.canvas;
    this.handlers.onReport(before ?? { kind: 'image', timing: null, quality, why, width, height });
    let task: Task<'upscale'> | null = null;
    try {
      task = this.client.submitTask('upscale', { image: this.source.image, scale, quality }, { where });
      this.#task = task;
      const { image, timing } = await task.result;
      if (this.#task !== task) return;
      this.canvas.getContext('2d')?.putImageData(image, 0, 0);
      this.#shown = quality;
      const done = { kind: 'image', timing, quality, why, width: image.width, height: image.height } as const;
      if (next) await this.#sharpen(next, { before: done });
      else this.handlers.onReport(done);
    } catch (cause) {
      // The task was cancelled for a newer one.
      if (this.#task !== task) return;
      const error = MeshError.from(cause);
      if (before) this.handlers.onReport({ ...before, why: '' });
      else if (error.reason !== 'unknown-model' || !isNetwork(quality)) this.handlers.onError(error);
      // Falls back like a stream: a picture of lower quality is better than none.
      else
        await this.#sharpen('spatial', {
          why: `The ${qualityLabel(quality)} is not available there. ${error.message}`,
        });
    }
  }
}
