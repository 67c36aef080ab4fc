import { live, presentedPerS, seen, sleep, watch } from './live.mjs';
import { inTurn, median } from './statistics.mjs';

/** For the queues to fill. */
const RAMP_MS = 500;
/** What is under way has come back or has been given up. */
const DRAIN_MS = 400;
/** Longer than the window of a stream's figures. */
const WINDOW_MS = 5_200;

/**
 * Two streams of one page in turn, the other one at rest.
 * @param {{ rooms: { channel: string, port: string }, fastFps: number, steadyFps: number, durationMs: number, rounds: number, windows: number }} options
 */
export async function measureStream({ rooms, fastFps, steadyFps, durationMs, rounds, windows }) {
  for (const room of Object.values(rooms)) live(room).source.pause();
  const fps = await inTurn(
    {
      channel: () => running(rooms.channel, fastFps, () => presentedPerS({ room: rooms.channel, durationMs })),
      port: () => running(rooms.port, fastFps, () => presentedPerS({ room: rooms.port, durationMs })),
    },
    rounds,
  );
  const latencies = await inTurn(
    {
      channel: () => running(rooms.channel, steadyFps, () => latency(rooms.channel)),
      port: () => running(rooms.port, steadyFps, () => latency(rooms.port)),
    },
    windows,
  );
  const of = (/** @type {'channel' | 'port'} */ way) => ({
    fps: median(fps[way]),
    glassToGlassMs: median(latencies[way].map(({ glassToGlassMs }) => glassToGlassMs)),
    stagesOff: Math.max(...latencies[way].map(({ stagesOff }) => stagesOff)),
    seenMs: median(latencies[way].map(({ seenMs }) => seenMs)),
    steadyFps: median(latencies[way].map(({ fps }) => fps)),
    dropped: live(rooms[way]).stream.stats().framesDropped,
    codec: live(rooms[way]).stream.stats().codec,
  });
  return { channel: of('channel'), port: of('port') };
}

/**
 * @template Result
 * @param {string} room
 * @param {number} fps
 * @param {() => Promise<Result>} measure
 */
async function running(room, fps, measure) {
  const { source } = live(room);
  source.pace(fps);
  source.resume();
  await sleep(RAMP_MS);
  const result = await measure();
  source.pause();
  await sleep(DRAIN_MS);
  return result;
}

/** @param {string} room */
async function latency(room) {
  const { stream } = live(room);
  watch(room);
  await sleep(WINDOW_MS);
  const { glassToGlassMs, stagesMs, fps } = stream.stats();
  const sumMs = stagesMs.reduce((sum, { p50 }) => sum + p50, 0);
  return {
    glassToGlassMs: glassToGlassMs.p50,
    stagesOff: Math.abs(sumMs - glassToGlassMs.p50) / glassToGlassMs.p50,
    seenMs: median(seen(room).frames.map(({ ageMs }) => ageMs)),
    fps,
  };
}
