import { afterEach, expect, test, vi } from 'vitest';
import type { FrameEngine } from '../stream/upscale/frame-engine.ts';
import { canvasEngine } from '../stream/upscale/test-frame-engine.ts';
import type { FrameStream } from './frame-stream.ts';
import { fieldFrames } from './test-fields.ts';
import { framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 10 };
/** Far longer than a frame waits for its detail. */
const HICCUP_MS = 400;
const FRAMES = 50;

let rig: StreamRig;

afterEach(() => rig.dispose());

test.each(['detail', 'picture'] as const)(
  'each captured frame ends as shown or dropped, even where a volunteer’s answers are late: %s',
  async (transport) => {
    rig = new StreamRig({ volunteerEngine: hesitantEngine(12) });
    const stream = await rig.open(someFrames(FRAMES), { where: 'volunteers', transport });
    await vi.waitUntil(() => {
      expect(framesUnderWay(stream)).toBeGreaterThanOrEqual(0);
      return /source of the frames ended/.test(stream.stats().why);
    }, WAIT);
    await vi.waitFor(() => expect(framesUnderWay(stream)).toBe(0), WAIT);

    const { framesCaptured, framesUnsharpened, framesDropped } = stream.stats();
    expect(framesCaptured).toBe(FRAMES);
    expect(framesOfVolunteers(stream)).toBeGreaterThan(0);
    // While it paused, frames were shown without detail, or pictures were missing.
    if (transport === 'detail') expect(framesUnsharpened).toBeGreaterThan(0);
    else expect(Object.keys(framesDropped).length).toBeGreaterThan(0);
  },
);

function framesUnderWay(stream: FrameStream): number {
  const { framesCaptured, framesPresented, framesDropped } = stream.stats();
  return framesCaptured - framesPresented - Object.values(framesDropped).reduce((sum, count) => sum + count, 0);
}

/** Pauses at every `every`th frame. */
function hesitantEngine(every: number): FrameEngine {
  let count = 0;
  return {
    openFrames(options) {
      const frames = canvasEngine.openFrames(options);
      return {
        ...frames,
        async process(frame) {
          if (++count % every === 0) await new Promise((resolve) => setTimeout(resolve, HICCUP_MS));
          return frames.process(frame);
        },
      };
    },
  };
}

function someFrames(count: number): ReadableStream<VideoFrame> {
  const reader = fieldFrames(64, 36).getReader();
  let left = count;
  return new ReadableStream<VideoFrame>({
    async pull(controller) {
      const { value } = await reader.read();
      if (value) controller.enqueue(value);
      if (--left > 0) return;
      controller.close();
      await reader.cancel();
    },
  });
}
