import { expect, test } from 'vitest';
import { pictureRect } from './picture-fit.ts';

const BOX = { width: 400, height: 300 };
const WIDE = { width: 200, height: 100 };

test.each([
  ['fill', { left: 0, top: 0, width: 400, height: 300 }],
  ['contain', { left: 0, top: 50, width: 400, height: 200 }],
  ['cover', { left: -100, top: 0, width: 600, height: 300 }],
  ['none', { left: 100, top: 100, width: 200, height: 100 }],
  ['scale-down', { left: 100, top: 100, width: 200, height: 100 }],
])('a picture fits its box by object-fit: %s', (fit, expected) => {
  expect(pictureRect(BOX, WIDE, fit, '50% 50%')).toEqual(expected);
});

test('a picture larger than its box is made smaller by scale-down', () => {
  expect(pictureRect(BOX, { width: 800, height: 400 }, 'scale-down', '50% 50%')).toEqual({
    ...{ left: 0, top: 50, width: 400, height: 200 },
  });
});

test.each([
  ['0% 0%', 0, 0],
  ['100% 100%', 0, 100],
  ['10px 20px', 10, 20],
  ['0px calc(100% - 8px)', 0, 92],
  ['calc(-4px + 50%) -3px', -4, -3],
])('object-position %s moves a picture', (position, left, top) => {
  expect(pictureRect(BOX, WIDE, 'contain', position)).toMatchObject({ left, top });
});
