import { afterEach, expect, test, vi } from 'vitest';
import { rankedCodecs } from '../stream/codec/codecs.ts';
import { fieldFrames, lookAtFields } from './test-fields.ts';
import { type End, framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 30_000, interval: 10 };

let rig: StreamRig;

afterEach(() => rig.dispose());

const CASES = (await rankedCodecs()).flatMap((codec) => [['volunteer', codec] as const, ['gamer', codec] as const]);

test.each(CASES)(
  'a packet that is damaged on its way to the %s in %s is never shown, and the stream goes on',
  async (to, codec) => {
    rig = new StreamRig({ codec });
    const stream = await rig.open(fieldFrames(96, 54), { where: 'volunteers' });
    await vi.waitUntil(() => framesOfVolunteers(stream) > 5, WAIT);
    const before = missedFrames();

    let isDamaged = false;
    let isRenewed = false;
    let framesToKeyframe = 0;
    rig.corrupt = (bytes, end) => {
      if (end !== to || !hasFrame(bytes) || isRenewed) return;
      if (!isDamaged) damage(bytes);
      else if (hasKeyframe(bytes)) isRenewed = true;
      else framesToKeyframe++;
      isDamaged = true;
    };
    await vi.waitUntil(() => isDamaged, WAIT);
    const count = framesOfVolunteers(stream);
    await vi.waitUntil(() => {
      const { isRight, seen } = lookAtFields(stream.canvas);
      expect(isRight, `${seen}`).toBe(true);
      return framesOfVolunteers(stream) > count + 10;
    }, WAIT);
    expect(missedFrames() - before).toBeGreaterThan(0);
    // The keyframe was requested at once. Counted in frames that were under way, since a busy machine takes its time.
    expect(isRenewed).toBe(true);
    expect(framesToKeyframe).toBeLessThan(15);
    expect(rig.failures).toEqual([]);

    /** Frames that the volunteer did not deliver: dropped, or made locally instead. */
    function missedFrames(): number {
      const { framesDropped, framesLocal } = stream.stats();
      const { undecodable = 0, 'packet-lost': lost = 0 } = framesDropped;
      return undecodable + lost + framesLocal;
    }
  },
);

test.each<[End]>([['volunteer'], ['gamer']])(
  'when every packet to the %s is damaged, its stream fails with a reason and frames are upscaled locally',
  async (to) => {
    rig = new StreamRig();
    const stream = await rig.open(fieldFrames(96, 54), { where: 'volunteers' });
    await vi.waitUntil(() => framesOfVolunteers(stream) > 5, WAIT);
    rig.corrupt = (bytes, end) => {
      if (end === to && hasFrame(bytes)) damage(bytes);
    };
    await vi.waitUntil(() => /could not (read|be decoded)/.test(stream.stats().why), WAIT);
    if (to === 'volunteer') expect(rig.failures[0]).toMatchObject({ reason: 'malformed' });
    const { framesLocal } = stream.stats();
    await vi.waitUntil(() => stream.stats().framesLocal > framesLocal + 5, WAIT);
    await expect.poll(() => stream.stats().running).toBe('local');
    expect(lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
  },
);

/** Looks for the name of a field that only messages with a frame have. */
function hasFrame(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes).includes('timestampUs');
}

/** MessagePack writes `true` as 0xc3, after the name of its field. */
function hasKeyframe(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes).includes('keyframe\u00c3');
}

/** Flips bits of the encoded frame, which is the last part of a message. */
function damage(bytes: Uint8Array): void {
  for (let at = bytes.length - 12; at < bytes.length - 8; at++) bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
}
