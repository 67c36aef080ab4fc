// Protects: one bad moment of a decoder bars nobody, a second one does, and who is trusted is looked at seldom.
import { expect, test } from 'vitest';
import { PROBATION_RESULTS } from '../../../shared/reputation.ts';
import { STREAM } from '../tuning.ts';
import { PictureCheck } from './picture-check.ts';

const ENOUGH = STREAM.tellingBitsPerPixel;

/** Checks one frame answered with that picture; null when it was not looked at. */
function seen(check: PictureCheck, what: 'stripes' | 'rings') {
  const [source, picture] = [frameOf('stripes'), frameOf(what)];
  const before = check.before(source, ENOUGH);
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

test('a second wrong picture is one too many, however right those between were', () => {
  const check = new PictureCheck(() => 0.999);
  expect(seen(check, 'stripes')).toBe('right');
  expect(seen(check, 'rings')).toBe('doubtful');
  expect(seen(check, 'stripes')).toBe('right');
  expect(seen(check, 'rings')).toBe('wrong');
});

test('a doubt is forgotten once as many were right as make a volunteer trusted', () => {
  const check = new PictureCheck(() => 0.999);
  expect(seen(check, 'rings')).toBe('doubtful');
  for (let n = 0; n < PROBATION_RESULTS; n++) expect(seen(check, 'stripes')).toBe('right');
  expect(seen(check, 'stripes')).toBe(null);
});

test('a trusted one is looked at again by chance, and then one wrong picture is but a doubt', () => {
  let chance = 0.999;
  const check = new PictureCheck(() => chance);
  for (let n = 0; n < PROBATION_RESULTS; n++) seen(check, 'stripes');
  expect(seen(check, 'rings')).toBe(null);
  chance = 0;
  expect(seen(check, 'rings')).toBe('doubtful');
  chance = 0.999;
  expect(seen(check, 'rings')).toBe('wrong');
});

test('where too few bits are sent to tell, nobody looks', () => {
  const source = frameOf('stripes');
  expect(new PictureCheck(() => 0).before(source, ENOUGH / 2)).toBe(null);
  source.close();
});
