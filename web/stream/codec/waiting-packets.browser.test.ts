import { expect, test, vi } from 'vitest';
import { FrameDecoder } from './frame-decoder.ts';
import { FrameEncoder, type Packet } from './frame-encoder.ts';
import { CHECKSUM_BYTES, verifiedFrame, writeChecksum } from './packet-checksum.ts';
import { maxPacketBytes } from './packet-size.ts';

const SIZE = { width: 64, height: 36 };

/** A keyframe as long as a packet may be. */
async function longestPacket(): Promise<Packet> {
  const { width: codedWidth, height: codedHeight } = SIZE;
  const packet = await new Promise<Packet>((resolve, reject) => {
    const settings = { codec: 'vp8', ...SIZE, fps: 30, kbps: 1_000 } as const;
    const encoder = new FrameEncoder<null>(settings, {
      onPacket: (made) => {
        resolve(made);
        encoder.dispose();
      },
      onSkipped: () => {},
      onError: reject,
    });
    const pixels = new Uint8Array(4 * codedWidth * codedHeight);
    const frame = new VideoFrame(pixels, { format: 'RGBX', codedWidth, codedHeight, timestamp: 0 });
    encoder.encode(frame, null);
    frame.close();
  });
  const data = new Uint8Array(maxPacketBytes(SIZE) + CHECKSUM_BYTES);
  data.set(verifiedFrame(packet.data) ?? []);
  writeChecksum(data);
  return { ...packet, data };
}

test('packets that wait in a decoder are bounded in bytes together', async () => {
  const packet = await longestPacket();
  const decoding = vi.spyOn(VideoDecoder.prototype, 'decode').mockImplementation(() => {});
  const undecoded: [number, string][] = [];
  const decoder = new FrameDecoder<number>('vp8', SIZE, () => 0, {
    onFrame: (frame) => frame.close(),
    onUndecoded: (number, cause) => undecoded.push([number, cause]),
    ...{ onKeyframeNeeded: () => {}, onError: () => {}, onOversized: () => {} },
  });
  try {
    for (const number of [0, 1, 2]) decoder.decode(packet, number);
    expect(decoding).toHaveBeenCalledTimes(2);
    expect(undecoded).toEqual([[2, 'decoder-busy']]);
  } finally {
    decoding.mockRestore();
    decoder.dispose();
  }
});
