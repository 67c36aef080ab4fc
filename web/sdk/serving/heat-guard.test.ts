// Protects: a phone that gets hot computes less until it has cooled, and nothing else makes a volunteer slow.
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { type CpuPressure, HeatGuard } from './heat-guard.ts';

const CHECK_MS = 500;
const FRAMES_PER_CHECK = 15;
const MINUTE_MS = 60_000;

let clock: ManualClock;
let guard: HeatGuard;
let shares: number[];

beforeEach(() => {
  clock = new ManualClock();
  shares = [];
  guard = new HeatGuard({ now: () => clock.now(), onChange: () => shares.push(guard.share) });
  guard.isOn = true;
});

interface Work {
  frameMs: number;
  forMs?: number;
  load?: number;
  /** Several: their streams alternate. */
  kinds?: string[];
  pressure?: CpuPressure | null;
}

function works({ frameMs, forMs = MINUTE_MS, load = 0.9, kinds = ['network 720p'], pressure = null }: Work): void {
  for (let passedMs = 0; passedMs < forMs; passedMs += CHECK_MS) {
    for (let frame = 0; frame < FRAMES_PER_CHECK; frame++) {
      for (const kind of kinds) guard.frame(kind, frameMs);
    }
    clock.advance(CHECK_MS);
    guard.check(load, pressure);
  }
}

test('frames that take half as long again for half a minute mean heat: half of the work, for two minutes', () => {
  works({ frameMs: 10 });
  works({ frameMs: 15, forMs: MINUTE_MS / 2 });
  expect(shares).toEqual([0.5]);
  works({ frameMs: 25, forMs: 2 * MINUTE_MS });
  expect(shares).toEqual([0.5, 1]);
});

test('a machine that is hot again at once computes even less, and longer', () => {
  works({ frameMs: 10 });
  works({ frameMs: 15, forMs: MINUTE_MS / 2 });
  works({ frameMs: 15, forMs: 2.5 * MINUTE_MS });
  expect(shares).toEqual([0.5, 1, 0.25]);
  works({ frameMs: 15, forMs: 3 * MINUTE_MS });
  expect(guard.share).toBe(0.25);
  works({ frameMs: 10, forMs: 4 * MINUTE_MS });
  expect(guard.share).toBe(1);
});

test('what was hot an hour ago is hot for the first time', () => {
  works({ frameMs: 10 });
  works({ frameMs: 15, forMs: MINUTE_MS / 2 });
  works({ frameMs: 10, forMs: 60 * MINUTE_MS });
  works({ frameMs: 15, forMs: MINUTE_MS / 2 });
  expect(shares).toEqual([0.5, 1, 0.5]);
});

test.each<[string, Work]>([
  ['slow for a few seconds', { frameMs: 30, forMs: 20_000 }],
  ['a little slower', { frameMs: 13 }],
  ['hardly busy, so that the processor lowers its clock', { frameMs: 30, load: 0.3 }],
  ['at work that takes longer', { frameMs: 30, kinds: ['network 1080p'] }],
  ['under no pressure, as the browser says', { frameMs: 30, pressure: 'fair' }],
])('a machine that is %s is not hot', (_, work) => {
  works({ frameMs: 10 });
  works(work);
  expect(shares).toEqual([]);
});

test('the browser’s word that the processor is at its limit does not make it hot by itself, but does not deny it', () => {
  works({ frameMs: 10, pressure: 'critical' });
  expect(shares).toEqual([]);
  works({ frameMs: 15, pressure: 'critical' });
  expect(shares).toEqual([0.5]);
});

test('streams of two kinds that alternate get hot as one does', () => {
  const kinds = ['network 720p', 'network 1080p'];
  works({ frameMs: 10, kinds });
  works({ frameMs: 15, kinds, forMs: MINUTE_MS / 2 });
  expect(shares).toEqual([0.5]);
});

test.each([0, 4_000, 9_500])(
  'a quality that is given up %i ms after it became slow is evidence, not a new beginning',
  (laterMs) => {
    works({ frameMs: 10, forMs: MINUTE_MS + laterMs });
    works({ frameMs: 15, forMs: CHECK_MS });
    works({ frameMs: 12, kinds: ['lesser network 720p'], forMs: 40_000 });
    expect(shares).toEqual([0.5]);
  },
);

test('a machine that is slower for good, however little it computes, is not taken to be hot without end', () => {
  works({ frameMs: 10 });
  works({ frameMs: 15, forMs: 20 * MINUTE_MS });
  expect(shares).toEqual([0.5, 1, 0.25, 1, 0.25, 1]);
  works({ frameMs: 15, forMs: 120 * MINUTE_MS });
  expect(guard.share).toBe(1);
  works({ frameMs: 23 });
  expect(guard.share).toBe(0.5);
});

test('a machine that is fast for a while after each cooling is hot as often as that happens', () => {
  works({ frameMs: 10 });
  for (let time = 0; time < 6; time++) {
    works({ frameMs: 15, forMs: MINUTE_MS / 2 });
    expect(guard.share, `time ${time}`).toBeLessThan(1);
    while (guard.share < 1) works({ frameMs: 10, forMs: CHECK_MS });
    works({ frameMs: 10, forMs: MINUTE_MS / 2 });
  }
});

test('frames that take longer because less of the time is lent do not mean heat', () => {
  works({ frameMs: 10 });
  guard.lentShareChanged();
  works({ frameMs: 30 });
  expect(shares).toEqual([]);
});

test('switched off it takes nothing away, and gives back what it took', () => {
  works({ frameMs: 10 });
  works({ frameMs: 15 });
  guard.isOn = false;
  expect(shares).toEqual([0.5, 1]);
  works({ frameMs: 40 });
  expect(shares).toEqual([0.5, 1]);
});
