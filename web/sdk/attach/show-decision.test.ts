import { expect, test } from 'vitest';
import { type DecisiveStats, estimatedGainDb, type Reading, ShowDecision } from './show-decision.ts';

const FRAME_MS = 250;

/** A stream whose source gives 30 frames a second, all of them shown. */
class Watched {
  readonly decision = new ShowDecision(100);
  nowMs = 0;
  #captured = 0;
  #presented = 0;
  #capped = 0;
  now: Partial<Omit<Reading, 'stats'>> &
    Partial<DecisiveStats> & { shownPart?: number; fps?: number; cappedPart?: number } = {};

  /** Lets time pass, ms. */
  after(ms: number): boolean {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; ) {
      this.nowMs += FRAME_MS;
      const { obstacle = '', enlargement = 2, shownPart = 1, fps = 30, cappedPart = 0, ...stats } = this.now;
      const frames = (fps * FRAME_MS) / 1000;
      this.#captured += frames;
      this.#presented += frames * shownPart;
      this.#capped += frames * cappedPart;
      this.decision.update({
        ...{ nowMs: this.nowMs, obstacle, enlargement },
        stats: {
          ...{ framesCaptured: this.#captured, framesPresented: this.#presented },
          framesDropped: { 'fps-cap': this.#capped },
          ...{ glassToGlassMs: { p50: 40, p95: 60 }, gainDb: 1.2, shares: [{ volunteerId: 'v', share: 1 }] },
          ...{ localShare: 0, quality: 'fast', reasons: [] },
          ...stats,
        },
      });
    }
    return this.decision.shown.is;
  }
}

test('a better picture is shown once it has been better for a moment', () => {
  const watched = new Watched();
  expect(watched.after(500)).toBe(false);
  expect(watched.after(1_000)).toBe(true);
});

test.each([
  ['late', { glassToGlassMs: { p50: 180, p95: 200 } }, '180 ms late'],
  ['slow', { shownPart: 0.4 }, 'too few frames'],
  ['of no quality', { quality: null, gainDb: null, shares: [] }, 'Nobody sharpens'],
  ['not enlarged', { enlargement: 1 }, 'nothing to sharpen'],
  ['hardly enlarged', { enlargement: 1.1 }, 'little to sharpen'],
  ['behind an obstacle', { obstacle: 'The element is hidden.' }, 'The element is hidden.'],
])('a picture that is %s is not shown, and the reason is said', (_, worse, why) => {
  const watched = new Watched();
  watched.now = worse as Watched['now'];
  expect(watched.after(5_000)).toBe(false);
  expect(watched.decision.shown.why).toContain(why);
});

test('where nobody sharpens the stream says why, but not that a volunteer helps', () => {
  const whyOf = (kind: 'no-volunteer' | 'helping', text: string) => {
    const watched = new Watched();
    watched.now = { quality: null, gainDb: null, shares: [], reasons: [{ kind, text }] };
    watched.after(500);
    return watched.decision.shown.why;
  };
  expect(whyOf('no-volunteer', 'No volunteer is ready yet.')).toMatch(/No volunteer is ready yet\.$/);
  expect(whyOf('helping', 'Vera is helping.')).toMatch(/comes too late, or is lost on the way\.$/);
});

test('frames that maxFps leaves out are not missed', () => {
  const watched = new Watched();
  watched.now = { fps: 60, shownPart: 0.5, cappedPart: 0.5 };
  expect(watched.after(3_000)).toBe(true);
});

test('a picture that stalls while its source moves is hidden within half a second', () => {
  const watched = new Watched();
  watched.after(3_000);
  watched.now = { shownPart: 0 };
  expect(watched.after(750)).toBe(false);
  expect(watched.decision.shown.why).toContain('stands still');
});

test('a source that stands still keeps its picture, however long ago it was captured', () => {
  const watched = new Watched();
  watched.after(3_000);
  watched.now = { fps: 0, glassToGlassMs: { p50: 900, p95: 900 } };
  expect(watched.after(10_000)).toBe(true);
});

test('a delay around the limit does not make the picture flicker', () => {
  const watched = new Watched();
  watched.after(3_000);
  let changes = 0;
  let wasShown = true;
  for (let nth = 0; nth < 240; nth++) {
    const p50 = nth % 2 ? 90 : 99;
    watched.now = { glassToGlassMs: { p50, p95: p50 } };
    const isShown = watched.after(FRAME_MS);
    if (isShown !== wasShown) changes++;
    wasShown = isShown;
  }
  expect(changes).toBe(0);
});

test('a picture that keeps becoming worse is shown ever more rarely', () => {
  const watched = new Watched();
  let shows = 0;
  let wasShown = false;
  for (let nth = 0; nth < 120; nth++) {
    watched.now = wasShown ? { glassToGlassMs: { p50: 300, p95: 300 } } : {};
    const isShown = watched.after(500);
    if (isShown && !wasShown) shows++;
    wasShown = isShown;
  }
  expect(shows).toBeLessThan(7);
});

test('what hides the element does not count against the stream', () => {
  const watched = new Watched();
  watched.after(3_000);
  watched.now = { obstacle: 'The element is hidden.' };
  expect(watched.after(FRAME_MS)).toBe(false);
  watched.now = {};
  expect(watched.after(1_250)).toBe(true);
});

test('the gain follows who sharpens, and how much is enlarged', () => {
  const nobody = { quality: 'bicubic', gainDb: null, shares: [], localShare: 0 } as unknown as DecisiveStats;
  const here = { ...nobody, quality: 'fast', localShare: 1 } as DecisiveStats;
  const helped = { ...nobody, gainDb: 2, shares: [{ volunteerId: 'v', share: 0.5 }] };
  expect(estimatedGainDb(nobody, 2)).toBe(1);
  expect(estimatedGainDb(here, 2)).toBeCloseTo(2.8);
  expect(estimatedGainDb(helped, 2)).toBe(2);
  expect(estimatedGainDb(helped, 1.5)).toBe(1);
  // A single frame without detail says nothing about the others.
  expect(estimatedGainDb({ ...helped, quality: null }, 2)).toBe(2);
  expect(estimatedGainDb({ ...nobody, quality: null }, 2)).toBe(0);
});
