import { beforeEach, describe, expect, test } from 'vitest';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { STREAM } from '../tuning.ts';
import { RateController } from './rate-controller.ts';

const MAX_KBPS = 6_000;
const FPS = 30;
/** The receiver's clock is hours ahead: clocks of two machines are never compared. */
const AHEAD_MS = 7_200_000;

/** A link of so many kb/s and 30 ms, with a bounded queue before it, and an encoder that keeps to the rate. */
class SimulatedLeg {
  readonly rate = new RateController(MAX_KBPS);
  nowMs = 0;
  kbps = 20_000;
  #freeAtMs = 0;
  #heldUntilMs = 0;
  #frameId = 0;
  #onTheirWay: { frameId: number; arrivesMs: number }[] = [];

  run(forMs: number): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += 1000 / FPS) {
      this.#acknowledge();
      // Whole frames are left out rather than queued for long.
      if (this.#freeAtMs - this.nowMs > STREAM.maxQueuedMs) {
        this.rate.congested(this.nowMs);
        continue;
      }
      const sizeBytes = (this.rate.kbps * 1000) / 8 / FPS;
      this.#freeAtMs = Math.max(this.#freeAtMs, this.nowMs) + (8 * sizeBytes) / this.kbps;
      this.rate.sent(this.#frameId, sizeBytes, this.nowMs);
      this.#onTheirWay.push({ frameId: this.#frameId++, arrivesMs: Math.max(this.#freeAtMs + 30, this.#heldUntilMs) });
    }
  }

  /** What is under way, and what comes next, arrives so much later, all of it at once. */
  holdUp(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (const frame of this.#onTheirWay) if (frame.arrivesMs > this.nowMs) frame.arrivesMs = untilMs;
    this.#heldUntilMs = untilMs;
  }

  #acknowledge(): void {
    while ((this.#onTheirWay[0]?.arrivesMs ?? Number.POSITIVE_INFINITY) + 30 <= this.nowMs) {
      const arrived = this.#onTheirWay.shift();
      if (arrived) this.rate.acknowledged(arrived.frameId, arrived.arrivesMs + AHEAD_MS, this.nowMs);
    }
  }
}

let leg: SimulatedLeg;
beforeEach(() => {
  leg = new SimulatedLeg();
});

test('a link with room keeps the rate that was asked for', () => {
  leg.run(10_000);
  expect(leg.rate.kbps).toBe(MAX_KBPS);
});

test('it starts low, so that a bad link is not flooded, and is at its height within two seconds', () => {
  expect(leg.rate.kbps).toBe(STREAM.firstKbps);
  leg.run(2_000);
  expect(leg.rate.kbps).toBe(MAX_KBPS);
});

test('a lost packet that holds up those behind it does not lower it', () => {
  leg.run(5_000);
  for (let loss = 0; loss < 20; loss++) {
    leg.run(500);
    leg.holdUp(150);
  }
  expect(leg.rate.kbps).toBe(MAX_KBPS);
});

describe('a squeeze to a sixth', () => {
  test('brings the rate near what the link carries within two seconds, and the queue stays short', () => {
    leg.run(5_000);
    leg.kbps = 1_000;
    leg.run(2_000);
    expect(leg.rate.kbps).toBeLessThan(1_500);
    leg.run(3_000);
    expect(leg.rate.queueMs).toBeLessThan(2 * STREAM.maxQueuedMs);
    expect(leg.rate.kbps).toBeGreaterThan(300);
  });

  test('the full rate is back within five seconds of its end', () => {
    leg.run(5_000);
    leg.kbps = 1_000;
    leg.run(5_000);
    leg.kbps = 20_000;
    leg.run(5_000);
    expect(leg.rate.kbps).toBe(MAX_KBPS);
  });
});

test('a frame that found no room lowers the rate, but not one step for each of a burst', () => {
  leg.run(2_000);
  for (let refused = 0; refused < 10; refused++) leg.rate.congested(leg.nowMs);
  expect(leg.rate.kbps).toBeGreaterThan(0.5 * MAX_KBPS);
  expect(leg.rate.kbps).toBeLessThan(MAX_KBPS);
});

test('it never falls below what a picture needs to be one, and what is never acknowledged is forgotten', () => {
  for (let frameId = 0; frameId < 10_000; frameId++) {
    leg.rate.sent(frameId, 1_000, frameId * 33);
    leg.rate.congested(frameId * 33);
  }
  expect(leg.rate.kbps).toBeGreaterThanOrEqual(STREAM_LIMITS.minBitrateKbps);
  expect(leg.rate.kbps).toBeLessThan(1.2 * STREAM_LIMITS.minBitrateKbps);
  expect(leg.rate.acknowledged(0, 1, 1)).toBe(false);
});
