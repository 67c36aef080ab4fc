import { afterEach, expect, test, vi } from 'vitest';
import { rankedCodecs } from '../stream/codec/codecs.ts';
import { fieldFrames, lookAtFields } from './test-fields.ts';
import { type End, framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

/** Ends what hangs; nothing is measured. */
const WAIT = { timeout: 30_000, interval: 10 };

let rig: StreamRig;

afterEach(() => rig.dispose());

const CASES = (await rankedCodecs()).flatMap((codec) => [['volunteer', codec] as const, ['gamer', codec] as const]);

test.each(CASES)(
  'a packet damaged on its way to the %s in %s is never shown, and the picture goes on',
  async (to, codec) => {
    rig = new StreamRig({ codec });
    const stream = await rig.open(fieldFrames(96, 54), { where: 'volunteers' });
    await vi.waitUntil(() => framesOfVolunteers(stream) > 5, WAIT);
    const before = missedFrames();

    let damaged = 0;
    rig.damage = (bytes, end) => {
      if (end === to && hasFrame(bytes) && damaged === 0) {
        damaged++;
        damage(bytes);
      }
    };
    await vi.waitUntil(() => damaged === 1, WAIT);
    const count = framesOfVolunteers(stream);
    await vi.waitUntil(() => {
      const { isRight, seen } = lookAtFields(stream.canvas);
      expect(isRight, `${seen}`).toBe(true);
      return framesOfVolunteers(stream) > count + 10;
    }, WAIT);
    expect(missedFrames() - before).toBeGreaterThan(0);
    // At 30 a second: a keyframe was asked for and came in less than half a second.
    expect(missedFrames() - before).toBeLessThan(15);
    expect(rig.failures).toEqual([]);

    /** Not to be had from the volunteer: dropped, or shown from here in its place. */
    function missedFrames(): number {
      const { framesDropped, framesLocal } = stream.stats();
      const { undecodable = 0, 'packet-lost': lost = 0 } = framesDropped;
      return undecodable + lost + framesLocal;
    }
  },
);

test.each<[End]>([['volunteer'], ['gamer']])(
  'when all that comes to the %s is damaged its stream is given up with a reason, and the picture goes on here',
  async (to) => {
    rig = new StreamRig();
    const stream = await rig.open(fieldFrames(96, 54), { where: 'volunteers' });
    await vi.waitUntil(() => framesOfVolunteers(stream) > 5, WAIT);
    rig.damage = (bytes, end) => {
      if (end === to && hasFrame(bytes)) damage(bytes);
    };
    await vi.waitUntil(() => /could not be decoded/.test(stream.stats().why), WAIT);
    if (to === 'volunteer') expect(rig.failures[0]).toMatchObject({ reason: 'malformed' });
    const { framesLocal } = stream.stats();
    await vi.waitUntil(() => stream.stats().framesLocal > framesLocal + 5, WAIT);
    expect(stream.stats().running).toBe('local');
    expect(lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
  },
);

/** The name of a field that only messages with a frame have. */
function hasFrame(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes).includes('timestampUs');
}

/** Flips bits of the frame, which comes last. */
function damage(bytes: Uint8Array): void {
  for (let at = bytes.length - 12; at < bytes.length - 8; at++) bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
}
