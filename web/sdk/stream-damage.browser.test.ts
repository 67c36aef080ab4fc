import { afterEach, expect, test, vi } from 'vitest';
import { rankedCodecs } from '../stream/codec/codecs.ts';
import type { Transport } from '../stream/settings.ts';
import { fieldFrames, lookAtFields } from './test-fields.ts';
import { type End, framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 10 };

let rig: StreamRig;

afterEach(() => rig.dispose());

const ENDS = ['volunteer', 'gamer'] as const;
/** Detail in every codec; codecs treat pictures alike. */
const WAYS = [
  ...(await rankedCodecs()).map((codec) => ({ codec, transport: 'detail' as const })),
  { codec: 'vp8' as const, transport: 'picture' as const },
];

test.each(ENDS.flatMap((to) => WAYS.map((way) => ({ to, ...way }))))(
  'a packet that is damaged on its way to the $to is never shown, and the stream goes on: $transport in $codec',
  async ({ to, codec, transport }) => {
    rig = new StreamRig({ codec });
    const stream = await rig.open(fieldFrames(96, 54), { where: 'volunteers', transport });
    await vi.waitUntil(() => framesOfVolunteers(stream) > 5, WAIT);

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
    // The keyframe was requested at once. Counted in frames that were under way, since a busy machine takes its time.
    expect(isRenewed).toBe(true);
    expect(framesToKeyframe).toBeLessThan(15);
    expect(rig.failures).toEqual([]);
  },
);

test.each<[End, Transport]>([
  ['volunteer', 'detail'],
  ['gamer', 'detail'],
  ['gamer', 'picture'],
])(
  'when every packet to the %s is damaged, its stream fails with a reason and frames are only enlarged: %s',
  async (to, transport) => {
    rig = new StreamRig();
    const stream = await rig.open(fieldFrames(96, 54), { where: 'volunteers', transport });
    await vi.waitUntil(() => framesOfVolunteers(stream) > 5, WAIT);
    rig.corrupt = (bytes, end) => {
      if (end === to && hasFrame(bytes)) damage(bytes);
    };
    await vi.waitUntil(() => /could not (read|be decoded)/.test(stream.stats().why), WAIT);
    if (to === 'volunteer') expect(rig.failures[0]).toMatchObject({ reason: 'malformed' });
    const { framesUnsharpened } = stream.stats();
    await vi.waitUntil(() => stream.stats().framesUnsharpened > framesUnsharpened + 5, WAIT);
    expect(stream.stats().framesLocal).toBe(0);
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
