/** Stream setup for tests, without its id: a 2x upscale, small enough for a busy CPU. */
export const TEST_SETUP = {
  codec: 'vp8',
  width: 64,
  height: 36,
  outWidth: 128,
  outHeight: 72,
  quality: 'spatial',
  fps: 30,
  uplinkKbps: 1_000,
  downlinkKbps: 2_000,
  detail: null,
} as const;
