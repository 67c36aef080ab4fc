import type { Quality } from '../../../shared/tasks/upscale.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { SOURCE_SHARE } from './frame-budget.ts';
import { QualityGovernor } from './quality-governor.ts';

const FRAME_MS = 1000 / 60;
export const BUDGET_MS = SOURCE_SHARE * FRAME_MS;
/** A machine that keeps up in every quality. */
export const QUICK: Times = { bilinear: 1, bicubic: 1, spatial: 2, fast: 3, balanced: 5, quality: 9, ultra: 36 };

export type Times = Record<Quality, number>;

/** A machine with known times that upscales and warms up as its governor decides. */
export class Machine {
  readonly clock = new ManualClock(1_000);
  readonly governor: QualityGovernor;
  readonly changes: { atMs: number; to: Quality | null }[] = [];
  /** What was tried beside the frames shown. */
  readonly warmedUp: Quality[] = [];
  broken = new Set<Quality>();
  frames = 0;

  constructor(
    public times: Times,
    ceiling: Quality = 'quality',
    private readonly scatter: () => number = () => 1,
    predicted: Partial<Times> = {},
    lowest: Quality = 'bicubic',
  ) {
    const predictMs = (quality: Quality) => predicted[quality] ?? null;
    this.governor = new QualityGovernor(ceiling, () => this.clock.now(), { predictMs, lowest });
    this.governor.budgetMs = BUDGET_MS;
    this.governor.size = '640x360';
  }

  /** Null: frames are left as they are. */
  get shown(): Quality | null {
    return this.governor.isPassthrough ? null : this.governor.quality;
  }

  run(frames: number): void {
    for (let n = 0; n < frames; n++) this.#frame();
  }

  /** Runs until this quality is used; returns the number of frames. */
  framesUntil(quality: Quality, atMost = 10_000): number {
    const since = this.frames;
    while (this.governor.quality !== quality && this.frames - since < atMost) this.#frame();
    return this.frames - since;
  }

  #frame(): void {
    const before = this.shown;
    this.frames++;
    if (before === null) {
      this.clock.advance(FRAME_MS);
      this.governor.passedThrough();
    } else this.#upscale(before);
    const { wanted } = this.governor;
    if (wanted && this.broken.has(wanted)) this.governor.failed(wanted);
    else if (wanted) {
      this.warmedUp.push(wanted);
      this.governor.adoptIfFits(wanted, this.times[wanted] * this.scatter());
    }
    if (this.shown !== before) this.changes.push({ atMs: this.clock.now(), to: this.shown });
  }

  #upscale(before: Quality): void {
    const tookMs = this.times[before] * this.scatter();
    this.clock.advance(Math.max(FRAME_MS, tookMs));
    this.governor.measured(tookMs);
    for (let missedMs = tookMs - FRAME_MS; missedMs > FRAME_MS; missedMs -= FRAME_MS) this.governor.onFrameSkipped();
  }
}
