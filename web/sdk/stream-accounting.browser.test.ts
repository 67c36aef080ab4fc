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
    let opened: FrameStream | null = null;
    const source = someFrames(FRAMES, () => opened !== null && framesOfVolunteers(opened) > 0);
    const stream = await rig.open(source.frames, { where: 'volunteers', transport });
    opened = stream;
    await vi.waitUntil(() => {
      expect(framesUnderWay(stream)).toBeGreaterThanOrEqual(0);
      return /source of the frames ended/.test(stream.stats().why);
    }, WAIT);
    await vi.waitFor(() => expect(framesUnderWay(stream)).toBe(0), WAIT);

    const { framesCaptured, framesUnsharpened, framesDropped } = stream.stats();
    expect(framesCaptured).toBe(source.given());
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

/** Ends `count` frames after `hasBegun`: what has to be measured first may take a busy machine long. */
function someFrames(
  count: number,
  hasBegun: () => boolean,
): { frames: ReadableStream<VideoFrame>; given: () => number } {
  const reader = fieldFrames(64, 36).getReader();
  let left = count;
  let given = 0;
  const frames = new ReadableStream<VideoFrame>({
    async pull(controller) {
      const { value } = await reader.read();
      if (value) {
        controller.enqueue(value);
        given++;
      }
      if (hasBegun()) left--;
      if (left > 0) return;
      controller.close();
      await reader.cancel();
    },
  });
  return { frames, given: () => given };
}
