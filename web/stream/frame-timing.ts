import type { VolunteerStages } from '../../shared/messages.ts';

/** The stages of a frame in order; together they are its glass-to-glass time (DESIGN §5). */
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

/** Milliseconds by stage; every stage is there, 0 where the frame did not pass it. */
export type StageTimes = Readonly<Record<Stage, number>>;

/** Moments of a frame that a volunteer sharpened, ms of one clock: the gamer's. */
export interface VolunteerFrameMoments {
  capturedMs: number;
  encodeStartMs: number;
  sentMs: number;
  arrivedMs: number;
  decodedMs: number;
  presentedMs: number;
  /** Encoded bytes each way. */
  upBytes: number;
  downBytes: number;
  /** What the volunteer measured on its own clock. */
  volunteer: VolunteerStages;
}

/** Moments of a frame sharpened on the gamer's own machine. */
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
 * Tiles a frame's time. Two machines' clocks are never compared: the network's part is the round trip less what the volunteer says
 * it took, split by the bytes each way. What the volunteer says is trusted only as far as it fits into the round trip, so that
 * the stages add up whatever it claims.
 */
export function volunteerFrameStages(moments: VolunteerFrameMoments): StageTimes {
  const { capturedMs, encodeStartMs, sentMs, arrivedMs, decodedMs, presentedMs, upBytes, downBytes } = moments;
  const roundTripMs = arrivedMs - sentMs;
  const volunteer = fitted(moments.volunteer, roundTripMs);
  const networkMs = roundTripMs - volunteer.totalMs;
  const uplinkMs = networkMs * (upBytes / Math.max(1, upBytes + downBytes));
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

/** The claimed stages, shrunk to the time there was; what they leave of the claimed total is time spent waiting. */
function fitted(claimed: VolunteerStages, roundTripMs: number): VolunteerStages {
  const busyMs = claimed.decodeMs + claimed.computeMs + claimed.encodeMs;
  const total = Math.min(Math.max(claimed.totalMs, busyMs), roundTripMs);
  const shrink = busyMs > total ? total / busyMs : 1;
  const decodeMs = claimed.decodeMs * shrink;
  const computeMs = claimed.computeMs * shrink;
  const encodeMs = claimed.encodeMs * shrink;
  return { decodeMs, computeMs, encodeMs, queueMs: total - decodeMs - computeMs - encodeMs, totalMs: total };
}
