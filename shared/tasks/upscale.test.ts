import { describe, expect, test } from 'vitest';
import { MeshError } from '../errors.ts';
import { checkArrivedTask } from './catalogue.ts';
import { IMAGE, type Quality, type UpscaleInput, type UpscaleParams, upscale } from './upscale.ts';
import { outputSize, RESULT, type WantedSize } from './upscale-size.ts';

const image = (width: number, height: number) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) });
const pack = (input: UpscaleInput) => upscale.pack(input).params;
const refuses = (input: UpscaleInput, reason: string) =>
  expect(() => upscale.pack(input)).toThrow(expect.objectContaining({ reason }));

describe('the size of the result', () => {
  test.each<[Partial<UpscaleInput>, [number, number]]>([
    [{}, [34, 10]],
    [{ scale: 1 }, [17, 5]],
    [{ scale: 4 }, [68, 20]],
    [{ scale: 1.5 }, [26, 8]],
    [{ width: 17, height: 20 }, [17, 20]],
    [{ width: 40, height: 11, scale: 3 }, [40, 11]],
  ])('17x5 with %o', (wanted, [outWidth, outHeight]) => {
    expect(pack({ image: image(17, 5), ...wanted })).toMatchObject({ width: 17, height: 5, outWidth, outHeight });
  });

  test('every scale of 1 to 4 is allowed for any picture: rounding takes none out of range', () => {
    for (let side = 1; side <= 40; side++) {
      for (let scale = 1; scale <= 4; scale += 0.05) {
        const { outWidth } = pack({ image: image(side, 1), scale });
        expect(outWidth).toBeGreaterThanOrEqual(side);
        expect(outWidth).toBeLessThanOrEqual(side * 4);
      }
    }
  });

  test.each<Partial<UpscaleInput>>([
    { scale: 0.99 },
    { scale: 4.2 },
    { scale: 0 },
    { scale: -2 },
    { scale: Number.NaN },
    { scale: Number.POSITIVE_INFINITY },
    { width: 34 },
    { height: 10 },
    { width: 16, height: 10 },
    { width: 34, height: 21 },
    { width: 34.5, height: 10 },
    { width: Number.NaN, height: 10 },
  ])('17x5 with %o is bad input', (wanted) => {
    refuses({ image: image(17, 5), ...wanted }, 'bad-input');
  });

  test('may be as large as a page can hold', () => {
    const largest = pack({ image: image(4_096, 4_096), scale: 2 });
    expect(upscale.resultBytes(largest)).toBe(RESULT.maxPixels * 4);
    expect(pack({ image: image(8_191, 1), scale: 4 }).outWidth).toBe(32_764);
  });

  const refusal = (width: number, height: number, wanted: WantedSize) => {
    try {
      return JSON.stringify(outputSize({ width, height }, wanted));
    } catch (cause) {
      const { reason, message } = MeshError.from(cause);
      return `${reason}: ${message}`;
    }
  };

  test.each<[number, number, WantedSize, string]>([
    [4_000, 3_000, { scale: 3 }, 'one would have 108 megapixels (12000x9000). Choose a scale of at most 2.36, which'],
    [
      8_192,
      1,
      { scale: 4 },
      '32,767 pixels on a side; this one would have 0.1 megapixels (32768x4). Choose a scale of at most 3.99',
    ],
    [4_097, 4_096, { scale: 2 }, 'at most 1.99, which gives 66.5 megapixels'],
    [4_000, 3_000, { width: 16_000, height: 12_000 }, 'at most 2.36'],
    [12_000, 9_000, {}, 'this picture of 108 megapixels (12000x9000) is larger itself. Make it smaller first.'],
    [40_000, 10, { scale: 1 }, 'is larger itself'],
  ])('of %ix%i with %o is refused in megapixels, with what would fit', (width, height, wanted, message) => {
    const refused = refusal(width, height, wanted);
    expect(refused).toContain('too-large: A result has at most 67 megapixels');
    expect(refused).toContain(message);
    const scale = /at most ([\d.]+), which/.exec(refused)?.[1];
    if (scale) expect(refusal(width, height, { scale: Number(scale) })).toMatch(/outWidth/);
  });
});

describe('the picture', () => {
  test.each([
    ['0x0', image(0, 0)],
    ['no width', { ...image(4, 4), width: 0 }],
    ['a negative height', { ...image(4, 4), height: -4 }],
    ['a fractional width', { ...image(4, 4), width: 4.5 }],
    ['a width of NaN', { ...image(4, 4), width: Number.NaN }],
    ['a byte too few', { ...image(4, 4), data: new Uint8Array(63) }],
    ['RGB instead of RGBA', { ...image(4, 4), data: new Uint8Array(48) }],
  ])('with %s is bad input', (_, wrong) => refuses({ image: wrong }, 'bad-input'));

  test('is copied, from any offset in its buffer', () => {
    const buffer = Uint8ClampedArray.from({ length: 40 }, (_, index) => index);
    const { attachments } = upscale.pack({ image: { width: 2, height: 2, data: buffer.subarray(8, 24) } });
    buffer.fill(0);
    expect(attachments).toEqual([Uint8Array.from({ length: 16 }, (_, index) => index + 8)]);
  });
});

describe('the quality', () => {
  test('is spatial by default', () => {
    expect(pack({ image: image(2, 2) }).quality).toBe('spatial');
    expect(pack({ image: image(2, 2), quality: 'bilinear' }).quality).toBe('bilinear');
  });

  test('is bad input if unknown', () => {
    for (const quality of ['best', '', 'constructor'])
      refuses({ image: image(2, 2), quality: quality as Quality }, 'bad-input');
  });
});

describe('on the volunteer', () => {
  const params: UpscaleParams = { width: 3, height: 2, outWidth: 6, outHeight: 4, quality: 'spatial' };
  const pixels = new Uint8Array(24);

  test('a packed task is accepted', () => {
    const task = upscale.pack({ image: image(3, 2) });
    expect(checkArrivedTask('upscale', structuredClone(task))).toEqual(task);
  });

  test.each([
    ['an output below 1x', { ...params, outWidth: 2 }],
    ['an output above 4x', { ...params, outHeight: 9 }],
    ['no pixels', { ...params, width: 0, outWidth: 0 }],
    ['a side beyond the limit', { ...params, width: IMAGE.maxImageSide, outWidth: IMAGE.maxImageSide + 1 }],
    ['an area beyond the limit', { ...params, width: 8_192, outWidth: 8_192, height: 2_049, outHeight: 2_049 }],
    ['a fraction of a pixel', { ...params, outWidth: 6.5 }],
    ['an unknown quality', { ...params, quality: 'best' }],
    ['an unknown field', { ...params, extra: 1 }],
  ])('%s is malformed', (_, wrong) => {
    expect(() => checkArrivedTask('upscale', { params: wrong, attachments: [pixels] })).toThrow(
      expect.objectContaining({ reason: 'malformed' }),
    );
  });

  test('a wrong number of pixels is malformed', () => {
    for (const attachments of [[], [pixels, pixels], [pixels.subarray(1)], [new Uint8Array(25)]]) {
      expect(() => upscale.checkAttachments(params, attachments)).toThrow(
        expect.objectContaining({ reason: 'malformed' }),
      );
    }
  });
});

describe('the result', () => {
  const task = upscale.pack({ image: image(3, 2) });

  test('is a picture of the requested size, without another copy', () => {
    const pixels = new Uint8Array(100).subarray(4, 100);
    const result = upscale.unpackResult(task, { value: null, attachments: [pixels] });
    expect(result.image).toMatchObject({ width: 6, height: 4 });
    expect(result.image.data).toHaveLength(96);
    expect(result.image.data.buffer).toBe(pixels.buffer);
  });

  test('with another number of pixels is malformed', () => {
    for (const attachments of [
      [],
      [new Uint8Array(95)],
      [new Uint8Array(97)],
      [new Uint8Array(96), new Uint8Array(96)],
    ]) {
      expect(() => upscale.unpackResult(task, { value: null, attachments })).toThrow(
        expect.objectContaining({ reason: 'malformed' }),
      );
    }
  });
});

test('higher quality and a larger result cost more', () => {
  const cost = (scale: number, quality: Quality) => upscale.cost(pack({ image: image(8, 8), scale, quality }));
  expect(cost(2, 'spatial')).toBeGreaterThan(cost(2, 'bilinear'));
  expect(cost(4, 'bilinear')).toBe(4 * cost(2, 'bilinear'));
});
