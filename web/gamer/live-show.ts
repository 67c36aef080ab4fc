import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { TimeWindow } from '../ui/time-window.ts';
import type { Client, FrameStream } from './client.ts';
import { CountRate } from './count-rate.ts';
import { isSharpening } from './messages.ts';
import type { Report, Settings, Show } from './show.ts';
import type { LiveSource } from './source.ts';

/** As often as a person can read figures. */
const REPORT_INTERVAL_MS = 500;
/** What the chart shows. */
export const CHART_WINDOW_S = 60;
const MAX_SAMPLES = (CHART_WINDOW_S * 1_000) / REPORT_INTERVAL_MS + 1;

/** A stream of sharpened frames and its figures. */
export class LiveShow implements Show {
  readonly #history = new TimeWindow(CHART_WINDOW_S, MAX_SAMPLES);
  /** Over the same time as the frames that come out. */
  readonly #captured = new CountRate(STREAM_LIMITS.statsWindowMs);
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #startedMs = performance.now();

  private constructor(
    private readonly stream: FrameStream,
    private readonly onReport: (report: Report) => void,
  ) {
    this.#timer = setInterval(() => this.#report(), REPORT_INTERVAL_MS);
  }

  static async open(
    client: Client,
    source: LiveSource,
    settings: Settings,
    onReport: (report: Report) => void,
  ): Promise<LiveShow> {
    const stream = await client.openStream(source.frames, settings);
    return new LiveShow(stream, onReport);
  }

  get canvas(): HTMLCanvasElement {
    return this.stream.canvas;
  }

  set({ where, quality }: Pick<Settings, 'where' | 'quality'>): void {
    this.stream.set({ where, quality });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.stream.close();
  }

  #report(): void {
    const stats = this.stream.stats();
    const nowMs = performance.now();
    const timeS = (nowMs - this.#startedMs) / 1_000;
    this.#captured.add(stats.framesCaptured, nowMs);
    this.#history.add([timeS, stats.fps, isSharpening(stats) ? stats.glassToGlassMs.p50 : null]);
    const { width, height } = this.canvas;
    this.onReport({
      kind: 'live',
      stats,
      capturedFps: this.#captured.perSecond,
      size: stats.framesPresented > 0 ? { width, height } : null,
      columns: this.#history.columns(2),
    });
  }
}
