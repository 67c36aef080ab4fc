import { expect, test } from 'vitest';
import { Line } from './line.ts';

const ANY = () => true;
const [A, B, NEEDS_ANY] = [1, 2, 0] as const;

test('the first of any kind of use comes first, and who left and came back last', () => {
  const line = new Line<string>();
  line.join('plain', A);
  line.join('able', A | B);
  line.join('other', B);
  line.join('plain', A);
  expect(line.firstOfUse(B, ANY)).toBe('able');
  expect(line.firstOfUse(NEEDS_ANY, ANY)).toBe('plain');
  expect(line.firstOfUse(B, (item) => item !== 'able')).toBe('other');
  line.leave('able');
  line.join('able', A | B);
  expect(line.firstOfUse(B, ANY)).toBe('other');
  expect(line.firstOfUse(4, ANY)).toBeNull();
});

test('of those in need, one that names nothing takes anybody', () => {
  const line = new Line<string>();
  line.join('picky', B);
  line.join('open', NEEDS_ANY);
  expect(line.firstInNeed(A, ANY)).toBe('open');
  expect(line.firstInNeed(B, ANY)).toBe('picky');
  expect(new Line<string>().firstInNeed(A, ANY)).toBeNull();
});
