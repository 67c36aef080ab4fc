import type { Job } from './job.ts';

/** Where a task's time went, ms; the stages add up to totalMs (p2c2r.d.ts). */
export interface Timing {
  totalMs: number;
  queueMs: number;
  sendMs: number;
  computeMs: number;
  receiveMs: number;
  ranOn: string | 'local' | 'cache';
  backend: string;
  attempts: number;
}

/** Envelopes and headers: keeps an empty task's time from being divided by nothing. */
const OVERHEAD_BYTES = 256;

interface Marks {
  startedMs: number;
  endedMs: number;
  /** The runner's own queue. */
  queueMs: number;
  computeMs: number;
  ranOn: string;
  backend: string;
  attempts: number;
}

/**
 * What is neither queue nor compute was transfer. The two clocks are not compared: the transfer is shared between the two
 * directions by the bytes that went each way.
 */
export function timingOf(job: Job, { startedMs, endedMs, ranOn, backend, attempts, ...runner }: Marks): Timing {
  const totalMs = endedMs - job.submittedMs;
  const attemptMs = endedMs - startedMs;
  const computeMs = Math.min(runner.computeMs, attemptMs);
  const runnerQueueMs = Math.min(runner.queueMs, attemptMs - computeMs);
  const transferMs = ranOn === 'local' ? 0 : attemptMs - computeMs - runnerQueueMs;
  const outShare = (job.bytesOut + OVERHEAD_BYTES) / (job.bytesOut + job.bytesIn + 2 * OVERHEAD_BYTES);
  const sendMs = transferMs * outShare;
  const receiveMs = transferMs - sendMs;
  return {
    totalMs,
    queueMs: totalMs - sendMs - computeMs - receiveMs,
    sendMs,
    computeMs,
    receiveMs,
    ranOn,
    backend,
    attempts,
  };
}

/** Of a task done in parts: the stages are those of the part that ended last, and what it was not doing was waiting. */
export function mergedTiming(totalMs: number, last: Timing, attempts: number): Timing {
  const { sendMs, computeMs, receiveMs } = last;
  return { ...last, totalMs, queueMs: totalMs - sendMs - computeMs - receiveMs, attempts };
}

/** Of a task that was spared a run of its own. */
export function cachedTiming(totalMs: number): Timing {
  const spared = { sendMs: 0, computeMs: 0, receiveMs: 0, attempts: 0 };
  return { totalMs, queueMs: totalMs, ...spared, ranOn: 'cache', backend: 'cache' };
}
