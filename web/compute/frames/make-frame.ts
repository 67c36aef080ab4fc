/** Said of every frame we make: without it a browser guesses from the size and colours shift. */
const SRGB: VideoColorSpaceInit = {
  primaries: 'bt709',
  transfer: 'iec61966-2-1',
  matrix: 'rgb',
  fullRange: true,
};

/** A frame of RGBA pixels, copied out of `data`; rows `strideBytes` apart. Time and alpha are those of the frame it came from. */
export function makeFrame(
  data: AllowSharedBufferSource,
  size: { width: number; height: number; strideBytes: number },
  source: FrameTime,
): VideoFrame {
  return new VideoFrame(data, {
    // An encoder given an alpha plane would work on it for nothing.
    format: source.hasAlpha ? 'RGBA' : 'RGBX',
    codedWidth: size.width,
    codedHeight: size.height,
    layout: [{ offset: 0, stride: size.strideBytes }],
    timestamp: source.timestamp,
    colorSpace: SRGB,
    ...(source.duration === null ? {} : { duration: source.duration }),
  });
}

/** What outlives a frame that was closed. */
export interface FrameTime {
  timestamp: number;
  duration: number | null;
  hasAlpha: boolean;
}

export function timeOf({ timestamp, duration, format }: VideoFrame): FrameTime {
  return { timestamp, duration, hasAlpha: format?.includes('A') ?? false };
}
