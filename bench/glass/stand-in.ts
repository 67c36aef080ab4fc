import { type DetailCoding, LUMA_WEIGHTS, MAX_DETAIL_CODES, NO_DETAIL_CODE } from '../../shared/detail.ts';
import type { Network } from '../../shared/tasks/upscale.ts';
import type { Engine } from '../../web/compute/engine.ts';
import { RgbaReader } from '../../web/compute/video-frames.ts';

/** Until the engine gives detail itself: made of two of its pictures. */
export function openDetail(
  engine: Engine,
  size: { outWidth: number; outHeight: number },
  quality: Network,
  { gain, deadZone }: DetailCoding,
  v = 0,
) {
  const sharp = engine.openFrames({ ...size, quality });
  const base = engine.openFrames({ ...size, quality: 'bicubic' });
  const other2 = engine.openFrames({ ...size, quality: 'spatial' });
  const readers = [new RgbaReader(), new RgbaReader(), new RgbaReader()] as const;
  return {
    async process(frame: VideoFrame): Promise<VideoFrame> {
      const made = await sharp.process(frame);
      const plain = await base.process(frame);
      const [one, other] = [await readers[0].read(made), await readers[1].read(plain)];
      const alt = v ? await other2.process(frame) : null;
      const third = alt ? await readers[2].read(alt) : other;
      alt?.close();
      made.close();
      plain.close();
      const { width, height } = one;
      const codes = new Uint8Array((width * height * 3) / 2).fill(NO_DETAIL_CODE);
      for (let i = 0, at = 0; i < width * height; i++, at += 4) {
        const part = (channel: number) => (one.data[at + channel] ?? 0) - (1 - v) * (other.data[at + channel] ?? 0) - v * (third.data[at + channel] ?? 0);
        const delta = LUMA_WEIGHTS.red * part(0) + LUMA_WEIGHTS.green * part(1) + LUMA_WEIGHTS.blue * part(2);
        if (Math.abs(delta) < deadZone) continue;
        const code = Math.round(gain * delta);
        codes[i] = NO_DETAIL_CODE + Math.max(-MAX_DETAIL_CODES, Math.min(MAX_DETAIL_CODES, code));
      }
      return new VideoFrame(codes, {
        format: 'I420',
        codedWidth: width,
        codedHeight: height,
        timestamp: frame.timestamp,
        colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
      });
    },
    dispose() {
      sharp.dispose();
      base.dispose();
    },
  };
}

/** Until there is a reader of detail: the luma plane, without gaps. */
export async function readCodes(frame: VideoFrame): Promise<Uint8Array> {
  const { visibleRect, format } = frame;
  if (!visibleRect || (format !== 'I420' && format !== 'NV12')) throw new Error(`The decoder gave ${format}.`);
  const { width, height } = visibleRect;
  const planes = new Uint8Array(frame.allocationSize());
  const [luma] = await frame.copyTo(planes);
  const codes = new Uint8Array(width * height);
  for (let y = 0; luma && y < height; y++) {
    const from = luma.offset + y * luma.stride;
    codes.set(planes.subarray(from, from + width), y * width);
  }
  return codes;
}
