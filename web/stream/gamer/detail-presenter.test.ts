import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import type { AppliedDetail, Composer, RawPicture } from '../compose/composer.ts';
import type { FrameDetail } from '../frame.ts';
import { localFrameStages } from '../frame-timing.ts';
import { type Awaited, DetailPresenter } from './detail-presenter.ts';
import { Patience } from './patience.ts';
import type { Screen, ShownFrame } from './screen.ts';
import { StreamStatistics } from './stream-statistics.ts';

const INTERVAL_MS = 33;
/** Of this machine's own picture where there is no detail. */
const UNHELPED_SHARE = 0.9;

interface NumberedPicture extends RawPicture {
  frameId: number;
}

type Offered = Partial<Awaited> & { isRepeat?: boolean };

/** What was drawn: the frame, and whose detail was added to it. */
type Drawn = [frameId: number, detailOf: number | null];

let clock: ManualClock;
let drawn: Drawn[];
/** This machine's own pictures that were drawn over it: the frame, and its share. */
let drawnOver: [frameId: number, share: number][];
let ownShare: number;
/** Of the detail, in the order of drawing. */
let weights: number[];
/** Open ones of these. */
let openSharpened: Set<number>;
let shown: ShownFrame[];
let openPictures: Set<number>;
let closedFrames: number;
let statistics: StreamStatistics;
let patience: Patience;
let presenter: DetailPresenter;

beforeEach(() => {
  clock = new ManualClock(1_000);
  [drawn, drawnOver, shown, weights] = [[], [], [], []];
  ownShare = 0.8;
  openSharpened = new Set();
  openPictures = new Set();
  closedFrames = 0;
  use(1);
});

function use(frames: number, unhelpedShare = UNHELPED_SHARE): void {
  patience = new Patience(frames, () => clock.now());
  statistics = new StreamStatistics(() => clock.now());
  let newest = -1;
  const screen = {
    begin(frameId: number) {
      if (frameId < newest) return null;
      newest = frameId;
      return {
        ...{ canvas: { width: 128, height: 72 }, globalAlpha: 1 },
        drawImage({ timestamp }: VideoFrame) {
          drawnOver.push([timestamp, this.globalAlpha]);
        },
      };
    },
    drawn(frame: ShownFrame) {
      shown.push(frame);
      statistics.presented(frame, frame.stagesAt(clock.now()));
    },
  } as unknown as Screen;
  presenter = new DetailPresenter({
    ...{ clock, composer: composer(), screen, statistics, patience },
    intervalMs: () => INTERVAL_MS,
    blending: (own, detail) => {
      const share = detail ? ownShare : unhelpedShare;
      return { ownShare: own === null ? 0 : share, weight: 0.1, deadZoneCodes: 1, gainDb: 1 };
    },
  });
}

function composer(): Composer {
  return {
    name: 'wasm',
    async load(frame) {
      const frameId = frame.timestamp;
      openPictures.add(frameId);
      const picture: NumberedPicture = { frameId, width: 64, height: 36, dispose: () => openPictures.delete(frameId) };
      return picture;
    },
    async compose(raw: RawPicture, detail: AppliedDetail | null) {
      const numberOf = (picture: RawPicture) => (picture as NumberedPicture).frameId;
      expect(openPictures).toContain(numberOf(raw));
      if (detail) expect(openPictures).toContain(numberOf(detail.of));
      weights.push(detail?.weight ?? 0);
      drawn.push([numberOf(raw), detail && numberOf(detail.of)]);
    },
    dispose() {},
  };
}

/** Lets promises settle. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function capture(frameId: number, { isRepeat = false, ...awaited }: Offered = { detail: true }): Promise<void> {
  statistics.captured(frameId);
  const frame = { timestamp: frameId, close: () => closedFrames++ } as unknown as VideoFrame;
  presenter.offer(
    { frameId, capturedMs: clock.now(), frame, purpose: 'show', isRepeat },
    { detail: false, sharpened: false, ...awaited },
  );
  await settle();
}

async function answer(frameId: number): Promise<void> {
  const at = clock.now();
  const detail: FrameDetail = {
    ...{ frameId, capturedMs: at, purpose: 'show', codes: new Uint8Array(4), gain: 4, volunteerId: 'vera' },
    outcome: { quality: 'fast', downgradeReason: null },
    stagesAt: (presentedMs) => localFrameStages({ capturedMs: at, computeStartMs: at, computedMs: at, presentedMs }),
  };
  presenter.add(detail);
  await settle();
}

async function sharpen(frameId: number): Promise<void> {
  const at = clock.now();
  openSharpened.add(frameId);
  const frame = { timestamp: frameId, close: () => openSharpened.delete(frameId) } as unknown as VideoFrame;
  presenter.sharpened({
    ...{ frameId, capturedMs: at, purpose: 'show', frame, volunteerId: null },
    outcome: { quality: 'fast', downgradeReason: null },
    stagesAt: (presentedMs) => localFrameStages({ capturedMs: at, computeStartMs: at, computedMs: at, presentedMs }),
  });
  await settle();
}

async function wait(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

test('a frame whose detail comes by its deadline is shown with it, at once', async () => {
  await capture(0);
  await wait(20);
  expect(drawn).toEqual([]);
  await answer(0);
  expect(drawn).toEqual([[0, 0]]);
  expect(closedFrames).toBe(1);
});

test('a wait grows by half an interval from frame to frame, so that the picture never stands still for it', async () => {
  use(2);
  const waits: number[] = [];
  for (let frameId = 0; frameId < 6; frameId++) {
    // A volunteer is heard from the second frame on.
    await capture(frameId, { detail: frameId > 0 });
    const capturedMs = clock.now();
    while (drawn.length <= frameId) await wait(1);
    waits.push((clock.now() - capturedMs) / INTERVAL_MS);
    await wait(2 * INTERVAL_MS - (clock.now() - capturedMs));
  }
  for (const [frameId, intervals] of [0, 0.5, 1, 1.5, 2, 2].entries()) expect(waits[frameId]).toBeCloseTo(intervals, 1);
});

test('at its deadline a frame is shown without its detail', async () => {
  await capture(0);
  await wait(INTERVAL_MS + 1);
  expect(drawn).toEqual([[0, null]]);
  expect(shown[0]).toMatchObject({ outcome: null, volunteerId: null });
});

test('detail that comes while its frame is on the screen is added to it', async () => {
  use(0);
  await capture(0);
  expect(drawn).toEqual([[0, null]]);
  await answer(0);
  expect(drawn).toEqual([
    [0, null],
    [0, 0],
  ]);
});

test('detail that comes when the next frame is shown serves that one, by the picture that it belongs to', async () => {
  use(0);
  await capture(0);
  await capture(1);
  await answer(0);
  expect(drawn).toEqual([
    [0, null],
    [1, null],
  ]);
  await capture(2);
  expect(drawn.at(-1)).toEqual([2, 0]);
  await answer(1);
  await capture(3);
  expect(drawn.at(-1)).toEqual([3, 1]);
});

test('frames are shown in order: one that has its detail waits for the one before it, but not beyond its deadline', async () => {
  await capture(0);
  await wait(10);
  await capture(1);
  await wait(INTERVAL_MS - 11);
  await answer(1);
  expect(drawn).toEqual(
    [
      [0, null],
      [1, 1],
    ].slice(0, drawn.length),
  );
  await wait(2);
  expect(drawn.at(-1)).toEqual([1, 1]);
});

test('a frame that nobody sharpens, or whose detail will not come, does not wait', async () => {
  await capture(0, {});
  expect(drawn).toEqual([[0, null]]);
  await capture(1);
  presenter.dropped(1, 'detail');
  await settle();
  expect(drawn.at(-1)).toEqual([1, null]);
});

test("this machine's own picture is drawn over the enlarged frame, by its share; one that fills it needs no other", async () => {
  use(0);
  await capture(0, { sharpened: true });
  expect(drawn, 'the frame waits for it').toEqual([]);
  await sharpen(0);
  expect([drawn, drawnOver]).toEqual([[[0, null]], [[0, UNHELPED_SHARE]]]);
  use(0, 1);
  await capture(1, { sharpened: true });
  await sharpen(1);
  expect([drawn.length, drawnOver.at(-1)]).toEqual([1, [1, 1]]);
});

test("a frame is shown with this machine's own picture and a volunteer's detail, of which the picture leaves its weight", async () => {
  await capture(0, { detail: true, sharpened: true });
  await answer(0);
  expect(drawn).toEqual([]);
  await sharpen(0);
  expect([drawn, drawnOver]).toEqual([[[0, 0]], [[0, 0.8]]]);
  expect(weights[0]).toBeCloseTo(0.5);
  expect(shown).toMatchObject([{ frameId: 0, volunteerId: 'vera' }]);
});

test("a frame waits for this machine's own picture for one interval, and not where it will not come", async () => {
  use(0);
  await capture(0, { sharpened: true });
  await wait(INTERVAL_MS + 1);
  expect(drawn).toEqual([[0, null]]);
  await sharpen(0);
  expect(drawnOver, 'what comes later is added while the frame is on the screen').toEqual([[0, UNHELPED_SHARE]]);
  await capture(1, { sharpened: true });
  presenter.dropped(1, 'sharpened');
  await settle();
  expect(drawn.at(-1)).toEqual([1, null]);
});

test('what comes or is given up before the pixels of its frame are copied counts too', async () => {
  use(0);
  const captured = capture(0, { sharpened: true });
  presenter.dropped(0, 'sharpened');
  await captured;
  expect(drawn, 'it does not wait').toEqual([[0, null]]);
  const next = capture(1, { sharpened: true });
  const sharpened = sharpen(1);
  await Promise.all([next, sharpened]);
  expect([drawn.at(-1), drawnOver]).toEqual([[1, null], [[1, UNHELPED_SHARE]]]);
  const last = capture(2, { sharpened: true });
  const unused = sharpen(2);
  presenter.dispose();
  await Promise.all([last, unused]);
  expect(openSharpened.size).toBe(0);
});

test('a frame that this machine sharpened first counts for the volunteer whose detail came on top', async () => {
  use(0);
  await capture(0, { detail: true, sharpened: true });
  await sharpen(0);
  await answer(0);
  const state = { codec: 'vp8', running: 'volunteers', lowered: null, localBackend: '', why: '' } as const;
  expect(statistics.report({ ...state, transport: 'detail' })).toMatchObject({ framesWithDetail: 1, framesLocal: 0 });
});

test("detail that no longer comes soon stops weakening this machine's own pictures, but stays on a picture that stands still", async () => {
  use(0);
  const both = { detail: true, sharpened: true };
  const show = async (frameId: number, offered: Offered) => {
    await capture(frameId, offered);
    await sharpen(frameId);
  };
  await show(0, both);
  await answer(0);
  expect(drawnOver.at(-1)).toEqual([0, 0.8]);
  await wait(2 * INTERVAL_MS);
  await show(1, both);
  expect([drawn.at(-1), drawnOver.at(-1)], 'a frame or two without detail').toEqual([
    [1, 0],
    [1, 0.8],
  ]);
  await wait(3 * INTERVAL_MS);
  await show(2, both);
  expect([drawn.at(-1), drawnOver.at(-1)]).toEqual([
    [2, null],
    [2, UNHELPED_SHARE],
  ]);
  await answer(2);
  await wait(100 * INTERVAL_MS);
  await show(3, { ...both, isRepeat: true });
  expect([drawn.at(-1), drawnOver.at(-1)]).toEqual([
    [3, 2],
    [3, 0.8],
  ]);
  expect(shown.at(-1), 'the same picture is as good as before').toMatchObject({ frameId: 3, volunteerId: 'vera' });
  await show(4, both);
  expect(drawn.at(-1)).toEqual([4, null]);
  expect(shown.at(-1)?.volunteerId).toBeNull();
});

test('a frame whose pixels are being copied when the source changes its size is not shown', async () => {
  use(0);
  const captured = capture(0, {});
  presenter.clear();
  await captured;
  expect([drawn, openPictures.size, closedFrames]).toEqual([[], 0, 1]);
  await capture(1, {});
  expect(drawn).toEqual([[1, null]]);
});

test('each frame counts once, as sharpened by its volunteer if its detail was shown', async () => {
  await capture(0);
  await answer(0);
  await capture(1);
  await wait(INTERVAL_MS + 1);
  await answer(1);
  await capture(2, {});
  const state = { codec: 'vp8', running: 'volunteers', lowered: null, localBackend: '', why: '' } as const;
  expect(statistics.report({ ...state, transport: 'detail' })).toMatchObject({
    framesPresented: 3,
    framesWithDetail: 2,
    framesUnsharpened: 1,
    framesDropped: {},
    gainDb: 1,
  });
});

test('few pictures are kept, and none after the end', async () => {
  use(0);
  for (let frameId = 0; frameId < 20; frameId++) {
    await capture(frameId);
    if (frameId % 5 === 0) await answer(frameId);
    await sharpen(frameId);
    expect(openPictures.size).toBeLessThanOrEqual(4);
    expect(openSharpened.size).toBeLessThanOrEqual(2);
  }
  presenter.dispose();
  expect([openPictures.size, openSharpened.size]).toEqual([0, 0]);
  await sharpen(19);
  expect(openSharpened.size).toBe(0);
  await capture(20);
  expect([openPictures.size, closedFrames]).toEqual([0, 21]);
  expect(clock.pending).toBe(0);
});

test('unknown and repeated detail is ignored', async () => {
  await answer(7);
  await capture(0);
  await answer(0);
  await answer(0);
  expect(drawn).toEqual([
    [0, 0],
    [0, 0],
  ]);
});
