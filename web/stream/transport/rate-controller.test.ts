import { beforeEach, describe, expect, test } from 'vitest';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { INITIAL_KBPS, queueLimitsFor, RateController } from './rate-controller.ts';
import { MAX_QUEUED_MS } from './video-channel.ts';

const MAX_KBPS = 6_000;
const FPS = 30;
/** The receiver's clock is hours ahead: clocks of two machines are never compared. */
const CLOCK_OFFSET_MS = 7_200_000;
const ONE_WAY_DELAY_MS = 30;

/** A link with a bounded send queue, and an encoder that keeps to the controlled rate. */
class SimulatedLink {
  readonly rate: RateController;
  nowMs = 0;
  capacityKbps = 20_000;
  jitterMs: (frameId: number) => number = () => 0;
  #freeAtMs = 0;
  #heldUntilMs = 0;
  #frameId = 0;
  #underWay: { frameId: number; arrivesMs: number }[] = [];
  /** Delays of the frames from sending to arrival, ms. */
  delaysMs: number[] = [];

  /** @param detail - as in the setup of a stream. */
  constructor(detail: object | null = null) {
    this.rate = new RateController(MAX_KBPS, queueLimitsFor(detail));
  }

  run(durationMs: number): void {
    for (const untilMs = this.nowMs + durationMs; this.nowMs < untilMs; this.nowMs += 1000 / FPS) {
      this.#acknowledge();
      // Whole frames are dropped instead of queued for long.
      if (this.#freeAtMs - this.nowMs > MAX_QUEUED_MS) {
        this.rate.onCongestion(this.nowMs);
        continue;
      }
      const sizeBytes = (this.rate.kbps * 1000) / 8 / FPS;
      this.#freeAtMs = Math.max(this.#freeAtMs, this.nowMs) + (8 * sizeBytes) / this.capacityKbps;
      this.rate.onSent(this.#frameId, sizeBytes, this.nowMs);
      const arrivesMs = Math.max(this.#freeAtMs + ONE_WAY_DELAY_MS + this.jitterMs(this.#frameId), this.#heldUntilMs);
      this.delaysMs.push(arrivesMs - this.nowMs);
      this.#underWay.push({ frameId: this.#frameId++, arrivesMs });
    }
  }

  /** Delays frames under way, and those that follow, for this time; then all arrive at once. */
  holdUp(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (const frame of this.#underWay) if (frame.arrivesMs > this.nowMs) frame.arrivesMs = untilMs;
    this.#heldUntilMs = untilMs;
  }

  #acknowledge(): void {
    while ((this.#underWay[0]?.arrivesMs ?? Number.POSITIVE_INFINITY) + ONE_WAY_DELAY_MS <= this.nowMs) {
      const arrived = this.#underWay.shift();
      if (arrived) this.rate.onAcknowledged(arrived.frameId, arrived.arrivesMs + CLOCK_OFFSET_MS, this.nowMs);
    }
  }
}

let link: SimulatedLink;
beforeEach(() => {
  link = new SimulatedLink();
});

test('a link with enough capacity keeps the requested rate', () => {
  link.run(10_000);
  expect(link.rate.kbps).toBe(MAX_KBPS);
});

test('the rate starts low, so that a bad link is not flooded, and reaches its maximum within two seconds', () => {
  expect(link.rate.kbps).toBe(INITIAL_KBPS);
  link.run(2_000);
  expect(link.rate.kbps).toBe(MAX_KBPS);
});

test('a lost packet that delays the frames behind it does not lower the rate', () => {
  link.run(5_000);
  for (let loss = 0; loss < 20; loss++) {
    link.run(500);
    link.holdUp(150);
  }
  expect(link.rate.kbps).toBe(MAX_KBPS);
});

describe('when the capacity drops to a sixth', () => {
  test('the rate follows within two seconds, and the queue stays short', () => {
    link.run(5_000);
    link.capacityKbps = 1_000;
    link.run(2_000);
    expect(link.rate.kbps).toBeLessThan(1_500);
    link.run(3_000);
    expect(link.rate.queueMs).toBeLessThan(2 * MAX_QUEUED_MS);
    expect(link.rate.kbps).toBeGreaterThan(300);
  });

  test('the full rate is back within five seconds after the capacity is', () => {
    link.run(5_000);
    link.capacityKbps = 1_000;
    link.run(5_000);
    link.capacityKbps = 20_000;
    link.run(5_000);
    expect(link.rate.kbps).toBe(MAX_KBPS);
  });
});

test('detail keeps the queue of a slow link so short that nine of ten frames cross it within an interval and a half', () => {
  link = new SimulatedLink({});
  link.capacityKbps = 1_000;
  link.run(5_000);
  link.delaysMs = [];
  link.run(20_000);
  const ascending = link.delaysMs.sort((a, b) => a - b);
  expect(ascending[Math.floor(0.9 * ascending.length)]).toBeLessThan(ONE_WAY_DELAY_MS + 50);
  expect(link.rate.kbps).toBeGreaterThan(500);
});

test('jitter lowers the rate of detail no more than that of pictures', () => {
  link = new SimulatedLink({});
  link.jitterMs = (frameId) => (frameId % 4) * 12;
  link.run(10_000);
  expect(link.rate.kbps).toBe(MAX_KBPS);
});

test('a full send buffer lowers the rate once, not once for each frame of a burst', () => {
  link.run(2_000);
  for (let refused = 0; refused < 10; refused++) link.rate.onCongestion(link.nowMs);
  expect(link.rate.kbps).toBeGreaterThan(0.5 * MAX_KBPS);
  expect(link.rate.kbps).toBeLessThan(MAX_KBPS);
});

test('the rate never falls below the minimum of a stream, and unacknowledged frames are forgotten', () => {
  for (let frameId = 0; frameId < 10_000; frameId++) {
    link.rate.onSent(frameId, 1_000, frameId * 33);
    link.rate.onCongestion(frameId * 33);
  }
  expect(link.rate.kbps).toBeGreaterThanOrEqual(STREAM_LIMITS.minBitrateKbps);
  expect(link.rate.kbps).toBeLessThan(1.2 * STREAM_LIMITS.minBitrateKbps);
  expect(link.rate.onAcknowledged(0, 1, 1)).toBe(false);
});
