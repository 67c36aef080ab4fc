import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { Clip, clipSize } from './clip.ts';
import type { ClipFile, ClipWriter } from './clip-writer.ts';

/** A writer that counts, and whose encoder can be made to hang or fail. */
class FakeWriter implements ClipWriter {
  readonly hasSound = false;
  readonly timesS: number[] = [];
  finishes = 0;
  cancels = 0;
  add: ClipWriter['add'] = async (timeS) => {
    this.timesS.push(timeS);
  };
  async finish(): Promise<ClipFile> {
    this.finishes++;
    return { blob: new Blob(['x'], { type: 'video/mp4' }), extension: 'mp4' };
  }
  async cancel(): Promise<void> {
    this.cancels++;
  }
}

function record(writer: ClipWriter, openWriter = () => Promise.resolve(writer)) {
  const clock = new ManualClock();
  const remaining: number[] = [];
  let draws = 0;
  const clip = new Clip({
    openWriter,
    draw: async () => {
      draws++;
    },
    clock,
    maxMs: 3_000,
    onRemaining: (remainingS) => remaining.push(remainingS),
  });
  return { clip, clock, remaining, draws: () => draws };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** Advances in steps shorter than a frame, each with its promises settled. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 20) {
    await settled();
    clock.advance(Math.min(20, left));
  }
  await settled();
}

describe('a clip', () => {
  it('counts down, adds 30 frames a second and ends by itself', async () => {
    const writer = new FakeWriter();
    const { clip, clock, remaining, draws } = record(writer);
    await pass(clock, 2_960);
    expect(remaining).toEqual([3, 2, 1]);
    await pass(clock, 100);
    expect(remaining).toEqual([3, 2, 1, 0]);
    expect((await clip.finished).blob.type).toBe('video/mp4');
    expect([writer.finishes, writer.cancels, clock.pending]).toEqual([1, 0, 0]);
    expect(writer.timesS.length).toBeGreaterThan(70);
    expect(writer.timesS.length).toBeLessThanOrEqual(91);
    expect(draws()).toBe(writer.timesS.length);
  });

  it('starts counting when the encoder is open', async () => {
    const writer = new FakeWriter();
    let open: (writer: ClipWriter) => void = () => {};
    const { clock, remaining } = record(writer, () => new Promise((resolve) => (open = resolve)));
    await pass(clock, 5_000);
    expect(remaining).toEqual([3]);
    open(writer);
    await pass(clock, 2_900);
    expect(remaining).not.toContain(0);
    expect(writer.timesS[0]).toBe(0);
    await pass(clock, 200);
    expect(remaining.at(-1)).toBe(0);
  });

  it('ends when the page was suspended past its end', async () => {
    const { clock, remaining, clip } = record(new FakeWriter());
    await settled();
    clock.jump(60_000);
    await clip.finished;
    expect(remaining).toEqual([3, 0]);
  });

  it('adds no frame while the encoder is busy, so that nothing waits when it stops', async () => {
    const writer = new FakeWriter();
    let release: () => void = () => {};
    writer.add = (timeS) => {
      writer.timesS.push(timeS);
      return new Promise((resolve) => (release = resolve));
    };
    const { clip, clock } = record(writer);
    await pass(clock, 1_000);
    expect(writer.timesS).toEqual([0]);
    release();
    await settled();
    expect(writer.timesS).toEqual([0, 1]);
    clip.stop();
    release();
    await clip.finished;
    expect(writer.timesS).toEqual([0, 1]);
  });

  it('can be stopped, once, even before the encoder is open', async () => {
    const writer = new FakeWriter();
    const { clip, clock, remaining } = record(writer);
    clip.stop();
    clip.stop();
    expect((await clip.finished).extension).toBe('mp4');
    expect(remaining).toEqual([3, 0]);
    expect([writer.timesS, writer.finishes, clock.pending]).toEqual([[0], 1, 0]);
  });

  it.each([
    ['a frame cannot be encoded', { add: () => Promise.reject(new Error('no')) }],
    ['the file cannot be written', { finish: () => Promise.reject(new Error('no')) }],
  ])('fails and frees the encoder when %s', async (_what, change) => {
    const writer = Object.assign(new FakeWriter(), change);
    const { clip, clock } = record(writer);
    clip.stop();
    await expect(clip.finished).rejects.toMatchObject({ reason: 'unsupported-browser' });
    expect([writer.cancels, clock.pending]).toEqual([1, 0]);
  });
});

it('a clip has even sides and is no larger than software encodes in time', () => {
  expect(clipSize({ width: 1280, height: 720 })).toEqual({ width: 1280, height: 720 });
  expect(clipSize({ width: 3840, height: 2160 })).toEqual({ width: 1280, height: 720 });
  expect(clipSize({ width: 2160, height: 3840 })).toEqual({ width: 720, height: 1280 });
  expect(clipSize({ width: 33, height: 1 })).toEqual({ width: 34, height: 2 });
});
