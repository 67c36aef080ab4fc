/** Colours of a test picture, left to right: distinct enough that a wrong picture is recognised. */
export const FIELDS = [
  [192, 32, 32],
  [32, 160, 64],
  [48, 80, 208],
] as const;

/** Allows for two passes through a video codec with chroma subsampling. */
const TOLERANCE = 26;
const SOURCE_INTERVAL_MS = 33;

/** Frames of these fields with a white square that moves along the bottom, at about 30 a second until the reader cancels. */
export function fieldFrames(width: number, height: number): ReadableStream<VideoFrame> {
  const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  let count = 0;
  return new ReadableStream<VideoFrame>(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, SOURCE_INTERVAL_MS));
        paintFields(context, count);
        controller.enqueue(new VideoFrame(context.canvas, { timestamp: count++ * SOURCE_INTERVAL_MS * 1000 }));
      },
    },
    { highWaterMark: 0 },
  );
}

export function paintFields(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  count: number,
): void {
  const { width, height } = context.canvas;
  for (const [index, colour] of FIELDS.entries()) {
    context.fillStyle = `rgb(${colour.join(' ')})`;
    context.fillRect((index * width) / FIELDS.length, 0, width, height);
  }
  context.fillStyle = 'white';
  context.fillRect((count * 4) % width, height - 4, 4, 4);
}

/** The largest difference of any channel from {@link fieldFrames}. `isRight` allows for the codecs' errors. */
export function lookAtFields(canvas: HTMLCanvasElement): { isRight: boolean; worst: number; seen: number[][] } {
  const { width, height } = canvas;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context?.drawImage(canvas, 0, 0);
  const seen = FIELDS.map((_, index) => {
    const x = Math.floor(((index + 0.5) * width) / FIELDS.length);
    return [...(context?.getImageData(x, Math.floor(height / 3), 1, 1).data ?? [])].slice(0, 3);
  });
  const distances = FIELDS.flatMap((colour, index) =>
    colour.map((value, channel) => Math.abs(value - (seen[index]?.[channel] ?? Number.POSITIVE_INFINITY))),
  );
  const worst = Math.max(...distances);
  return { isRight: worst < TOLERANCE, worst, seen };
}
