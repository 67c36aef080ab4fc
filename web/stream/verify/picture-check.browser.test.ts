// One glitch of a decoder bars nobody, a second one does, and a trusted volunteer is rarely checked.
import { expect, test } from 'vitest';
import { PROBATION_RESULTS } from '../../../shared/reputation.ts';
import { MIN_BITS_PER_PIXEL_TO_JUDGE, PictureCheck } from './picture-check.ts';

/** Verdict on a frame of stripes answered with this picture; null when it was not checked. */
function verdictOn(check: PictureCheck, what: 'stripes' | 'rings') {
  const [source, picture] = [frameOf('stripes'), frameOf(what)];
  const before = check.before(source, MIN_BITS_PER_PIXEL_TO_JUDGE);
  const verdict = before && check.after(before, picture);
  source.close();
  picture.close();
  return verdict;
}

function frameOf(what: 'stripes' | 'rings'): VideoFrame {
  const [width, height] = [128, 72];
  const painter = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!painter) throw new Error('no canvas');
  painter.strokeStyle = 'white';
  painter.lineWidth = 5;
  for (let n = 4; n < width; n += 12) {
    painter.beginPath();
    if (what === 'stripes') painter.rect(n, -10, 6, 2 * height);
    else painter.arc(width / 2, height / 2, n, 0, 7);
    painter.stroke();
  }
  return new VideoFrame(painter.canvas, { timestamp: 0 });
}

test('a second doubtful picture is wrong, even after right ones between', () => {
  const check = new PictureCheck(() => 0.999);
  expect(verdictOn(check, 'stripes')).toBe('right');
  expect(verdictOn(check, 'rings')).toBe('doubtful');
  expect(verdictOn(check, 'stripes')).toBe('right');
  expect(verdictOn(check, 'rings')).toBe('wrong');
});

test('a doubt is forgotten once the volunteer is trusted again', () => {
  const check = new PictureCheck(() => 0.999);
  expect(verdictOn(check, 'rings')).toBe('doubtful');
  for (let n = 0; n < PROBATION_RESULTS; n++) expect(verdictOn(check, 'stripes')).toBe('right');
  expect(verdictOn(check, 'stripes')).toBe(null);
});

test('a trusted volunteer is checked at random, and then one wrong picture is only doubtful', () => {
  let chance = 0.999;
  const check = new PictureCheck(() => chance);
  for (let n = 0; n < PROBATION_RESULTS; n++) verdictOn(check, 'stripes');
  expect(verdictOn(check, 'rings')).toBe(null);
  chance = 0;
  expect(verdictOn(check, 'rings')).toBe('doubtful');
  chance = 0.999;
  expect(verdictOn(check, 'rings')).toBe('wrong');
});

test('with too few bits to judge nothing is checked', () => {
  const source = frameOf('stripes');
  expect(new PictureCheck(() => 0).before(source, MIN_BITS_PER_PIXEL_TO_JUDGE / 2)).toBe(null);
  source.close();
});
