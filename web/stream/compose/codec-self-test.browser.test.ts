import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isCodecUsable } from '../codec/codecs.ts';
import { holdBackPackets } from '../codec/test-withholding.ts';
import { forgetOpenFrames, openFrames } from '../gamer/test-frame-ledger.ts';
import { carriesDetail, codecsForDetail, detailFidelity } from './codec-self-test.ts';
import { DetailReader } from './detail-reader.ts';

const now = () => performance.now();
/** Enough for any trial. */
const LONG_MS = 30_000;
const SIZE = { width: 256, height: 256 };

beforeEach(() => forgetOpenFrames());

afterEach(() => vi.restoreAllMocks());

test.each(['h264', 'vp8', 'vp9', 'av1'] as const)(
  '%s carries detail: nothing comes out as nothing, ramps within two codes',
  async (codec) => {
    if (!(await isCodecUsable(codec, SIZE, SIZE))) return;
    const { flatError, rampError } = await detailFidelity(codec, now, LONG_MS);
    expect(flatError).toBeLessThanOrEqual(1);
    expect(rampError).toBeLessThanOrEqual(2);
    await expect.poll(openFrames).toBe(0);
  },
);

test('a codec that changes the range of luma is not used', async () => {
  const { read } = DetailReader.prototype;
  vi.spyOn(DetailReader.prototype, 'read').mockImplementation(async function (this: DetailReader, frame) {
    return (await read.call(this, frame)).map((code) => Math.round((code * 219) / 255 + 16));
  });
  expect(await codecsForDetail(['vp8'], now, LONG_MS)).toEqual([]);
});

test('what was tried is remembered, but not that a browser was too busy to tell', async () => {
  const encode = vi.spyOn(VideoEncoder.prototype, 'encode');
  const configure = vi.spyOn(VideoEncoder.prototype, 'configure').mockImplementationOnce(() => {
    throw new DOMException('busy', 'OperationError');
  });
  expect(await carriesDetail('vp8', now)).toBe(true);
  expect(configure).toHaveBeenCalledTimes(1);
  // A trial that has no time is not remembered either.
  const encodedByNext = async () => {
    const before = encode.mock.calls.length;
    expect(await carriesDetail('vp8', now)).toBe(true);
    return encode.mock.calls.length - before;
  };
  await expect.poll(encodedByNext).toBe(0);
  expect(encode).toHaveBeenCalled();
});

test('a codec that this browser lacks is not used', async () => {
  vi.spyOn(VideoEncoder.prototype, 'configure').mockImplementation(() => {
    throw new DOMException('no such codec', 'NotSupportedError');
  });
  expect(await detailFidelity('vp8', now, LONG_MS)).toEqual({
    ...{ codec: 'vp8', flatError: null, rampError: null, withholds: false },
  });
});

test('a codec that gives frames out only when it is flushed, as H.264 in Firefox on Linux, is not used', async () => {
  holdBackPackets();
  // A busy machine needs more time to tell: otherwise it flushes too late.
  let trialMs = LONG_MS / 100;
  const longer = () => {
    trialMs *= 1.5;
    return trialMs;
  };
  await expect
    .poll(() => detailFidelity('vp8', now, longer()), { timeout: 2 * LONG_MS })
    .toMatchObject({ withholds: true });
  await expect.poll(() => codecsForDetail(['vp8'], now, longer()), { timeout: 2 * LONG_MS }).toEqual([]);
  await expect.poll(openFrames).toBe(0);
});
