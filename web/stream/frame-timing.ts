import type { VolunteerStages } from '../../shared/messages.ts';
import { percentile } from './rolling-statistics.ts';

/** The stages of a frame in order. Their times add up to its glass-to-glass time (docs/design.md, Frames). */
export const STAGES = [
  'capture',
  'encode',
  'uplink',
  'queue',
  'volunteer decode',
  'compute',
  'volunteer encode',
  'downlink',
  'decode',
  'present',
] as const;
export type Stage = (typeof STAGES)[number];

/** Milliseconds by stage; 0 for a stage that the frame did not pass. */
export type StageTimes = Readonly<Record<Stage, number>>;

/** Moments of a frame that a volunteer upscaled, in ms on the gamer's clock. */
export interface VolunteerFrameMoments {
  capturedMs: number;
  encodeStartMs: number;
  sentMs: number;
  arrivedMs: number;
  decodedMs: number;
  presentedMs: number;
  /** Encoded size on the uplink and on the downlink. */
  uplinkBytes: number;
  downlinkBytes: number;
  /** Durations measured by the volunteer on its own clock. */
  volunteer: VolunteerStages;
}

/** Moments of a frame upscaled on the gamer's own machine. */
export interface LocalFrameMoments {
  capturedMs: number;
  computeStartMs: number;
  computedMs: number;
  presentedMs: number;
}

const NO_TIME: StageTimes = {
  capture: 0,
  encode: 0,
  uplink: 0,
  queue: 0,
  'volunteer decode': 0,
  compute: 0,
  'volunteer encode': 0,
  downlink: 0,
  decode: 0,
  present: 0,
};

/**
 * Splits a frame's time into stages without gap or overlap. The clocks of two machines are never compared: the network's share is the
 * round trip minus the time the volunteer reports, split by the bytes sent each way. Reported times are limited to the round trip, so
 * that the stages add up to the measured total whatever a volunteer reports.
 */
export function volunteerFrameStages(moments: VolunteerFrameMoments): StageTimes {
  const { capturedMs, encodeStartMs, sentMs, arrivedMs, decodedMs, presentedMs, uplinkBytes, downlinkBytes } = moments;
  const roundTripMs = arrivedMs - sentMs;
  const volunteer = fitToRoundTrip(moments.volunteer, roundTripMs);
  const networkMs = roundTripMs - volunteer.totalMs;
  const uplinkMs = networkMs * (uplinkBytes / Math.max(1, uplinkBytes + downlinkBytes));
  return {
    capture: encodeStartMs - capturedMs,
    encode: sentMs - encodeStartMs,
    uplink: uplinkMs,
    queue: volunteer.queueMs,
    'volunteer decode': volunteer.decodeMs,
    compute: volunteer.computeMs,
    'volunteer encode': volunteer.encodeMs,
    downlink: networkMs - uplinkMs,
    decode: decodedMs - arrivedMs,
    present: presentedMs - decodedMs,
  };
}

export function localFrameStages(moments: LocalFrameMoments): StageTimes {
  const { capturedMs, computeStartMs, computedMs, presentedMs } = moments;
  return {
    ...NO_TIME,
    capture: computeStartMs - capturedMs,
    compute: computedMs - computeStartMs,
    present: presentedMs - computedMs,
  };
}

export function totalMs(stages: StageTimes): number {
  return STAGES.reduce((sum, stage) => sum + stages[stage], 0);
}

/** Timing of one presented frame. */
export interface FrameTiming {
  totalMs: number;
  stages: StageTimes;
}

export interface LatencySummary {
  glassToGlassMs: { p50: number; p95: number };
  stagesMs: { name: string; p50: number }[];
}

/**
 * Glass-to-glass percentiles, and how a median frame spent its time. Medians of single stages do not add up to the median of the total,
 * so the stages are averaged over the middle fifth of the frames and scaled to the median total: they add up exactly.
 */
export function summarize(timings: readonly FrameTiming[]): LatencySummary {
  const ascending = [...timings].sort((a, b) => a.totalMs - b.totalMs);
  const totals = ascending.map(({ totalMs }) => totalMs);
  const p50 = percentile(totals, 0.5);
  const middle = ascending.slice(Math.floor(0.4 * ascending.length), Math.ceil(0.6 * ascending.length));
  const middleMs = middle.reduce((sum, { totalMs }) => sum + totalMs, 0);
  const scale = middleMs > 0 ? p50 / middleMs : 0;
  return {
    glassToGlassMs: { p50, p95: percentile(totals, 0.95) },
    stagesMs: STAGES.map((name) => ({
      name,
      p50: scale * middle.reduce((sum, { stages }) => sum + stages[name], 0),
    })),
  };
}

/** Scales the reported stages down to the round trip. The part of the reported total that no stage accounts for is time in a queue. */
function fitToRoundTrip(claimed: VolunteerStages, roundTripMs: number): VolunteerStages {
  const busyMs = claimed.decodeMs + claimed.computeMs + claimed.encodeMs;
  const total = Math.min(Math.max(claimed.totalMs, busyMs), roundTripMs);
  const shrink = busyMs > total ? total / busyMs : 1;
  const decodeMs = claimed.decodeMs * shrink;
  const computeMs = claimed.computeMs * shrink;
  const encodeMs = claimed.encodeMs * shrink;
  return { decodeMs, computeMs, encodeMs, queueMs: total - decodeMs - computeMs - encodeMs, totalMs: total };
}
