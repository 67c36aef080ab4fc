import type { Clock } from '../../../shared/clock.ts';
import type { CapturedFrame } from '../frame.ts';
import type { FrameIntake } from './frame-intake.ts';
import type { LocalRoute } from './local-route.ts';
import type { Presenter } from './presenter.ts';
import type { LocalMeter } from './side-forecast.ts';
import type { VolunteerPool } from './volunteer-pool.ts';

/** Stall threshold until enough frames were shown to know the usual interval, ms: ten frames at 60 fps. */
const DEFAULT_STALL_MS = 160;
/** Bounds of the slack granted beyond the usual interval, ms: below, timer jitter looks like a stall; above, a stall is visible. */
const MIN_SLACK_MS = 15;
export const MAX_SLACK_MS = 40;
/** Smoothing factors of the mean interval and its deviation, and deviations of slack: those of TCP's retransmission timer (RFC 6298). */
const MEAN_SMOOTHING = 0.125;
const DEVIATION_SMOOTHING = 0.25;
const DEVIATIONS = 4;
/** The local engine fills a gap only if a frame takes it no longer than this, ms. */
const MAX_FILL_MS = 40;

/** Detects that no frame was shown at its usual time. Uses one timer, and none while the source is static. */
export class StallDetector {
  readonly #clock: Clock;
  readonly #checkStall: () => boolean;
  #meanMs: number | null = null;
  #deviationMs = 0;
  /** When the last frame was shown; null while the source is static. */
  #shownMs: number | null = null;
  #cancelTimer: (() => void) | null = null;

  /** @param checkStall - called when no frame was shown in time; returns whether one was due. */
  constructor(clock: Clock, checkStall: () => boolean) {
    this.#clock = clock;
    this.#checkStall = checkStall;
  }

  /** The source gave a frame, which usually takes `delayMs` to reach the screen. */
  onCaptured(delayMs: number): void {
    if (!this.#cancelTimer) this.#arm(Math.max(delayMs, this.#meanMs ?? 0));
  }

  /** A frame reached the screen. */
  onShown(): void {
    const nowMs = this.#clock.now();
    if (this.#shownMs !== null) this.#learn(nowMs - this.#shownMs);
    this.#shownMs = nowMs;
    this.#arm(this.#meanMs ?? DEFAULT_STALL_MS);
  }

  dispose(): void {
    this.#cancelTimer?.();
  }

  #arm(usualMs: number): void {
    this.#cancelTimer?.();
    const slackMs = Math.min(MAX_SLACK_MS, Math.max(MIN_SLACK_MS, DEVIATIONS * this.#deviationMs));
    this.#cancelTimer = this.#clock.after(usualMs + slackMs, () => {
      this.#cancelTimer = null;
      // The source is static: its pause is not an interval to learn from.
      if (!this.#checkStall()) this.#shownMs = null;
    });
  }

  #learn(intervalMs: number): void {
    if (this.#meanMs === null) {
      this.#meanMs = intervalMs;
      this.#deviationMs = intervalMs / 2;
      return;
    }
    this.#deviationMs += DEVIATION_SMOOTHING * (Math.abs(intervalMs - this.#meanMs) - this.#deviationMs);
    this.#meanMs += MEAN_SMOOTHING * (intervalMs - this.#meanMs);
  }
}

export interface StallRecoveryOptions {
  clock: Clock;
  intake: FrameIntake;
  presenter: Presenter;
  local: LocalRoute;
  localMeter: LocalMeter;
  pool: VolunteerPool;
}

/**
 * Keeps the picture from freezing. Fills a gap with the newest frame, upscaled locally, when no frame is shown in its usual time; repeats the
 * newest frame when its picture was lost, or when a still picture can be improved.
 */
export class StallRecovery {
  readonly #options: StallRecoveryOptions;
  readonly #detector: StallDetector;

  constructor(options: StallRecoveryOptions) {
    this.#options = options;
    this.#detector = new StallDetector(options.clock, () => this.#fillGap());
  }

  /** The source gave a frame, which usually takes `delayMs` to reach the screen. */
  onCaptured(delayMs: number): void {
    this.#detector.onCaptured(delayMs);
  }

  /** A frame reached the screen. */
  onShown(): void {
    this.#detector.onShown();
  }

  /** A volunteer fell silent. Its frames may never come back, so the newest one is sent elsewhere. */
  onVolunteerSilent(): void {
    if (this.#isNewestMissing) this.#options.intake.repeatNewest();
  }

  /** To be called regularly: repeats the last frame of a still source if its picture was lost or can be improved. */
  checkStillFrame(): void {
    const { clock, intake } = this.#options;
    const nowMs = clock.now();
    const ageMs = nowMs - (intake.newest?.capturedMs ?? nowMs);
    const isLost = this.#isNewestMissing && this.#isStalled(nowMs) && ageMs > DEFAULT_STALL_MS;
    if (isLost || this.#canImprove(nowMs)) intake.repeatNewest();
  }

  dispose(): void {
    this.#detector.dispose();
  }

  /** Whether the newest source frame is not on the screen yet. */
  get #isNewestMissing(): boolean {
    const { intake, presenter } = this.#options;
    return intake.newest !== null && intake.newest.frameId > presenter.newestFrameId;
  }

  /** Returns whether a frame was due. */
  #fillGap(): boolean {
    const { clock, intake, local, localMeter, pool } = this.#options;
    const { newest } = intake;
    if (!newest || !this.#isNewestMissing) return false;
    const { frame, frameId, capturedMs } = newest;
    const captured: CapturedFrame = { frameId, capturedMs, frame: frame.clone(), purpose: 'fill' };
    const isQuick = local.isReady && (localMeter.computeMs ?? 0) <= MAX_FILL_MS;
    if (isQuick || this.#isStalled(clock.now())) local.offer(captured);
    // Nobody can upscale it in time, so it is shown as captured.
    else if (pool.name === null) local.passThrough(captured);
    else captured.frame.close();
    return true;
  }

  #isStalled(nowMs: number): boolean {
    const { presenter, pool } = this.#options;
    const usualMs = pool.name === null ? 0 : pool.delayMs;
    return nowMs - presenter.shownMs > Math.max(DEFAULT_STALL_MS, 2 * usualMs);
  }

  /** Whether the frame on the screen was not upscaled, or is static while a better quality needs frames to warm up. */
  #canImprove(nowMs: number): boolean {
    const { presenter, local } = this.#options;
    const { shown, shownMs } = presenter;
    if (!shown) return false;
    const isStill = nowMs - shownMs > DEFAULT_STALL_MS;
    // Where the machine is too slow for a moving picture.
    if (shown.outcome === null) return local.canTry && (isStill || !local.isResting);
    return shown.outcome.downgradeReason === 'getting-ready' && isStill;
  }
}
