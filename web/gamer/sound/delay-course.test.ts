import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { DelayCourse, MAX_DELAY_S } from './delay-course.ts';

describe('the delay of the sound', () => {
  it('slews to a near target, by a hundredth of the time that passes', () => {
    const course = new DelayCourse();
    course.follow(0.1, 0, true);
    expect(course.follow(0.13, 10, false)).toMatchObject({ kind: 'slew', fromS: 0.1, toS: 0.13 });
    expect([course.at(10), course.at(11), course.at(13), course.at(99)].map((s) => Math.round(s * 1e6) / 1e6)).toEqual([
      0.1, 0.11, 0.13, 0.13,
    ]);
  });

  it('jumps to a far one, and to any while nothing is heard', () => {
    const course = new DelayCourse();
    expect(course.follow(0.3, 5, false)).toEqual({ kind: 'jump', toS: 0.3 });
    expect(course.follow(0.28, 6, true)).toEqual({ kind: 'jump', toS: 0.28 });
    expect(course.at(6)).toBe(0.28);
  });

  it('lets small changes be, so that it is not always on its way', () => {
    const course = new DelayCourse();
    course.follow(0.1, 0, true);
    for (let timeS = 1; timeS < 20; timeS++) {
      expect(course.follow(0.1 + 0.007 * Math.sin(timeS), timeS, false)).toEqual({ kind: 'none' });
    }
  });

  it('turns round from where it is', () => {
    const course = new DelayCourse();
    course.follow(0.1, 0, true);
    course.follow(0.14, 0, false);
    expect(course.follow(0.1, 2, false)).toMatchObject({ kind: 'slew', fromS: expect.closeTo(0.12), toS: 0.1 });
    expect(course.at(4)).toBeCloseTo(0.1);
  });

  it.each([
    [-1, 0],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, MAX_DELAY_S],
  ])('is bounded: a target of %d is %d', (targetS, boundedS) => {
    const course = new DelayCourse();
    course.follow(0.5, 0, true);
    course.follow(targetS, 1, true);
    expect(course.at(1)).toBe(boundedS);
  });

  it('whatever the figures are, what is heard never changes its pitch by more than a hundredth', () => {
    const random = seededRandom(4);
    const course = new DelayCourse();
    let heardS = 0;
    for (let timeS = 0; timeS < 300; timeS += 0.5) {
      const before = course.at(timeS);
      const change = course.follow(0.08 + 0.05 * random(), timeS, false);
      if (change.kind !== 'jump') expect(Math.abs(course.at(timeS) - before)).toBeLessThan(1e-9);
      const after = course.at(timeS + 0.5);
      expect(Math.abs(after - course.at(timeS))).toBeLessThanOrEqual(0.005 + 1e-9);
      heardS = after;
    }
    expect(heardS).toBeGreaterThan(0.05);
  });
});
