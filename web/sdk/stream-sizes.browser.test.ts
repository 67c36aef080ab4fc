import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fieldFrames, lookAtFields } from './test-fields.ts';
import { framesOfVolunteers, framesSharpenedHere, STILLS, StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 10 };

let rig: StreamRig;

beforeEach(() => {
  rig = new StreamRig({ codec: 'h264' });
});

afterEach(() => rig.dispose());

test.each([
  [321, 181, 640, 360],
  [320, 181, 640, 360],
  [3, 3, 4, 4],
])('a source of %ix%i is cropped to even sides and shown at %ix%i', async (width, height, outWidth, outHeight) => {
  const stream = await rig.open(fieldFrames(width, height), { where: 'volunteers', scale: 2 });
  await vi.waitUntil(() => stream.stats().framesPresented > 3, WAIT);
  expect([stream.canvas.width, stream.canvas.height]).toEqual([outWidth, outHeight]);
  if (width > 100) {
    await vi.waitUntil(() => framesOfVolunteers(stream) > 3, WAIT);
    await expect.poll(() => lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
  }
});

test('a size that the volunteer cannot encode is rejected with a reason, and this computer sharpens the frames where it may', async () => {
  const { isConfigSupported } = VideoEncoder;
  vi.spyOn(VideoEncoder, 'isConfigSupported').mockImplementation((config) =>
    config.width === 640 ? Promise.resolve({ supported: false, config }) : isConfigSupported.call(VideoEncoder, config),
  );
  const stream = await rig.open(fieldFrames(320, 180), { where: 'volunteers' });
  await vi.waitUntil(() => rig.failures.length > 0 && stream.stats().framesUnsharpened > 3, WAIT);
  vi.restoreAllMocks();
  expect(rig.failures[0]).toMatchObject({
    reason: 'unsupported-browser',
    message: expect.stringContaining('h264 at 640x360'),
  });
  expect(stream.stats().why).toContain('h264 at 640x360');
  expect(framesSharpenedHere(stream)).toBe(0);
  stream.set({ where: 'auto', ...STILLS });
  await vi.waitUntil(() => framesSharpenedHere(stream) > 3, WAIT);
});

test('a size that this browser cannot encode is reported, and frames are only enlarged', async () => {
  const { configure } = VideoEncoder.prototype;
  vi.spyOn(VideoEncoder.prototype, 'configure').mockImplementation(function (this: VideoEncoder, config) {
    // As a browser does for a size that none of its encoders supports: the error comes later.
    configure.call(
      this,
      config.width === 320 ? { ...config, codec: 'avc1.42e00a', width: 1 << 14, height: 1 << 14 } : config,
    );
  });
  const stream = await rig.open(fieldFrames(320, 180), { where: 'volunteers' });
  await vi.waitUntil(
    () => /cannot encode h264 at 320x180/.test(stream.stats().why) && stream.stats().framesUnsharpened > 3,
    WAIT,
  );
  vi.restoreAllMocks();
  expect(framesOfVolunteers(stream)).toBe(0);
});

/** Two busy cores took over 30 s until smaller frames came back. */
const REDUCTION_TIMEOUT_MS = 120_000;

test.each(['detail', 'picture'] as const)(
  'where the bitrate is too low for the size, smaller frames are sent and return at full size: %s',
  async (transport) => {
    const wait = { ...WAIT, timeout: REDUCTION_TIMEOUT_MS };
    const widths: number[] = [];
    const { configure } = VideoEncoder.prototype;
    vi.spyOn(VideoEncoder.prototype, 'configure').mockImplementation(function (this: VideoEncoder, config) {
      widths.push(config.width);
      configure.call(this, config);
    });
    // So few frames that their detail is in time on a busy machine too.
    const options = { quality: 'spatial', maxFps: 8, patience: 2, bitrateKbps: 50 } as const;
    const stream = await rig.open(fieldFrames(800, 448), { where: 'volunteers', transport, scale: 1, ...options });
    // How much smaller depends on how fast this machine makes frames.
    await vi.waitUntil(() => Math.min(...widths) < 800, wait);
    const shown = framesOfVolunteers(stream);
    await vi.waitUntil(() => framesOfVolunteers(stream) > shown + 5, wait);
    vi.restoreAllMocks();
    expect([stream.canvas.width, stream.canvas.height]).toEqual([800, 448]);
    await expect.poll(() => lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
    expect(rig.failures).toEqual([]);
  },
  2 * REDUCTION_TIMEOUT_MS,
);

test('a volunteer that does not know the base of the detail says so, and frames are only enlarged', async () => {
  rig.alterSetup = ({ detail, ...setup }) => ({ ...setup, detail: detail && { ...detail, base: 'lanczos' } });
  const stream = await rig.open(fieldFrames(64, 36), { where: 'volunteers' });
  const sentence = "This volunteer cannot make detail for the base 'lanczos'. Use bicubic, or reload both pages.";
  await vi.waitUntil(() => stream.stats().why.includes(sentence) && stream.stats().framesUnsharpened > 3, WAIT);
  expect(rig.failures[0]).toMatchObject({ reason: 'bad-input' });
  await expect.poll(() => lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
});
