import { expect, test } from 'vitest';
import { INTERVAL_MS, type Offered, PresenterRig, settle, UNHELPED_SHARE } from './test-presenter.ts';

test('a frame whose detail comes by its deadline is shown with it, at once', async () => {
  const rig = new PresenterRig(1);
  const { drawn } = rig;
  await rig.capture(0);
  await rig.wait(20);
  expect(drawn).toEqual([]);
  await rig.answer(0);
  expect(drawn).toEqual([[0, 0]]);
  expect(rig.closedFrames).toBe(1);
});

test('a wait grows by half an interval from frame to frame, so that the picture never stands still for it', async () => {
  const rig = new PresenterRig(2);
  const { drawn } = rig;
  const waits: number[] = [];
  for (let frameId = 0; frameId < 6; frameId++) {
    // A volunteer is heard from the second frame on.
    await rig.capture(frameId, { detail: frameId > 0 });
    const capturedMs = rig.clock.now();
    while (drawn.length <= frameId) await rig.wait(1);
    waits.push((rig.clock.now() - capturedMs) / INTERVAL_MS);
    await rig.wait(2 * INTERVAL_MS - (rig.clock.now() - capturedMs));
  }
  for (const [frameId, intervals] of [0, 0.5, 1, 1.5, 2, 2].entries()) expect(waits[frameId]).toBeCloseTo(intervals, 1);
});

test('one whose detail comes late after others that came soon waits half an interval longer than they did', async () => {
  const rig = new PresenterRig(2);
  const { drawn } = rig;
  for (const frameId of [0, 1]) {
    await rig.capture(frameId);
    await rig.wait(10);
    await rig.answer(frameId);
    await rig.wait(INTERVAL_MS - 10);
  }
  expect(drawn).toEqual([
    [0, 0],
    [1, 1],
  ]);
  await rig.capture(2);
  await rig.wait(10 + INTERVAL_MS / 2 - 1);
  expect(drawn).toHaveLength(2);
  await rig.wait(2);
  expect(drawn.at(-1), 'not for two intervals: the picture would stand still for 89 ms').toEqual([2, 1]);
});

test('waits also grow where a frame makes room for a newer one before its own wait is over', async () => {
  const rig = new PresenterRig(2);
  const { drawn } = rig;
  await rig.capture(0, { detail: false });
  expect(drawn).toEqual([[0, null]]);
  const frameIds = () => drawn.map(([frameId]) => frameId);
  // A source that gives four at once: the first two are pushed out by the next.
  for (const frameId of [1, 2, 3, 4]) await rig.capture(frameId);
  expect(frameIds()).toEqual([0, 1, 2]);
  await rig.wait(1.5 * INTERVAL_MS + 1);
  expect(frameIds()).toEqual([0, 1, 2, 3]);
  await rig.wait(0.5 * INTERVAL_MS - 2);
  expect(frameIds(), 'the last one waits for two intervals').toHaveLength(4);
  await rig.wait(2);
  expect(frameIds()).toHaveLength(5);
});

test('at its deadline a frame is shown without its detail', async () => {
  const rig = new PresenterRig(1);
  const { drawn, shown } = rig;
  await rig.capture(0);
  await rig.wait(INTERVAL_MS + 1);
  expect(drawn).toEqual([[0, null]]);
  expect(shown[0]).toMatchObject({ outcome: null, volunteerId: null });
});

test('detail that comes while its frame is on the screen is added to it', async () => {
  const rig = new PresenterRig(0);
  const { drawn } = rig;
  await rig.capture(0);
  expect(drawn).toEqual([[0, null]]);
  await rig.answer(0);
  expect(drawn).toEqual([
    [0, null],
    [0, 0],
  ]);
});

test('detail that comes when the next frame is shown serves that one, by the picture that it belongs to', async () => {
  const rig = new PresenterRig(0);
  const { drawn } = rig;
  await rig.capture(0);
  await rig.capture(1);
  await rig.answer(0);
  expect(drawn).toEqual([
    [0, null],
    [1, null],
  ]);
  await rig.capture(2);
  expect(drawn.at(-1)).toEqual([2, 0]);
  await rig.answer(1);
  await rig.capture(3);
  expect(drawn.at(-1)).toEqual([3, 1]);
});

test('frames are shown in order: one that has its detail waits for the one before it, but not beyond its deadline', async () => {
  const rig = new PresenterRig(1);
  const { drawn } = rig;
  await rig.capture(0);
  await rig.wait(10);
  await rig.capture(1);
  await rig.wait(INTERVAL_MS - 11);
  await rig.answer(1);
  expect(drawn).toEqual(
    [
      [0, null],
      [1, 1],
    ].slice(0, drawn.length),
  );
  await rig.wait(2);
  expect(drawn.at(-1)).toEqual([1, 1]);
});

test('a frame that nobody sharpens, or whose detail will not come, does not wait', async () => {
  const rig = new PresenterRig(1);
  const { drawn } = rig;
  await rig.capture(0, {});
  expect(drawn).toEqual([[0, null]]);
  await rig.capture(1);
  rig.presenter.dropped(1, 'detail');
  await settle();
  expect(drawn.at(-1)).toEqual([1, null]);
});

test('a local picture is drawn over the enlarged frame, by its share; one that fills it needs no other', async () => {
  const rig = new PresenterRig(0);
  const { drawn, drawnOver } = rig;
  await rig.capture(0, { sharpened: true });
  expect(drawn, 'the frame waits for it').toEqual([]);
  await rig.sharpen(0);
  expect([drawn, drawnOver]).toEqual([[[0, null]], [[0, UNHELPED_SHARE]]]);
  const filling = new PresenterRig(0, 1);
  await filling.capture(1, { sharpened: true });
  await filling.sharpen(1);
  expect([filling.drawn, filling.drawnOver]).toEqual([[], [[1, 1]]]);
});

test("a frame is shown with its local picture and a volunteer's detail, of which the picture leaves its weight", async () => {
  const rig = new PresenterRig(1);
  const { drawn, drawnOver, shown, weights } = rig;
  await rig.capture(0, { detail: true, sharpened: true });
  await rig.answer(0);
  expect(drawn).toEqual([]);
  await rig.sharpen(0);
  expect([drawn, drawnOver]).toEqual([[[0, 0]], [[0, 0.8]]]);
  expect(weights[0]).toBeCloseTo(0.5);
  expect(shown).toMatchObject([{ frameId: 0, volunteerId: 'vera' }]);
});

test('a frame waits for its local picture for one interval, and not where it will not come', async () => {
  const rig = new PresenterRig(0);
  const { drawn, drawnOver } = rig;
  await rig.capture(0, { sharpened: true });
  await rig.wait(INTERVAL_MS + 1);
  expect(drawn).toEqual([[0, null]]);
  await rig.sharpen(0);
  expect(drawnOver, 'what comes later is added while the frame is on the screen').toEqual([[0, UNHELPED_SHARE]]);
  await rig.capture(1, { sharpened: true });
  rig.presenter.dropped(1, 'sharpened');
  await settle();
  expect(drawn.at(-1)).toEqual([1, null]);
});

test('what comes or is given up before the pixels of its frame are copied counts too', async () => {
  const rig = new PresenterRig(0);
  const { drawn, drawnOver, openSharpened } = rig;
  const captured = rig.capture(0, { sharpened: true });
  rig.presenter.dropped(0, 'sharpened');
  await captured;
  expect(drawn, 'it does not wait').toEqual([[0, null]]);
  const next = rig.capture(1, { sharpened: true });
  const sharpened = rig.sharpen(1);
  await Promise.all([next, sharpened]);
  expect([drawn.at(-1), drawnOver]).toEqual([[1, null], [[1, UNHELPED_SHARE]]]);
  const last = rig.capture(2, { sharpened: true });
  const unused = rig.sharpen(2);
  rig.presenter.dispose();
  await Promise.all([last, unused]);
  expect(openSharpened.size).toBe(0);
});

test('a frame that this machine sharpened first counts for the volunteer whose detail came on top', async () => {
  const rig = new PresenterRig(0);
  await rig.capture(0, { detail: true, sharpened: true });
  await rig.sharpen(0);
  await rig.answer(0);
  expect(rig.report()).toMatchObject({ framesWithDetail: 1, framesLocal: 0 });
});

test('detail that no longer comes soon stops weakening local pictures, but stays on a picture that stands still', async () => {
  const rig = new PresenterRig(0);
  const { drawn, drawnOver, shown } = rig;
  const both = { detail: true, sharpened: true };
  const show = async (frameId: number, offered: Offered) => {
    await rig.capture(frameId, offered);
    await rig.sharpen(frameId);
  };
  await show(0, both);
  await rig.answer(0);
  expect(drawnOver.at(-1)).toEqual([0, 0.8]);
  await rig.wait(2 * INTERVAL_MS);
  await show(1, both);
  expect([drawn.at(-1), drawnOver.at(-1)], 'a frame or two without detail').toEqual([
    [1, 0],
    [1, 0.8],
  ]);
  await rig.wait(3 * INTERVAL_MS);
  await show(2, both);
  expect([drawn.at(-1), drawnOver.at(-1)]).toEqual([
    [2, null],
    [2, UNHELPED_SHARE],
  ]);
  await rig.answer(2);
  await rig.wait(100 * INTERVAL_MS);
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
  const rig = new PresenterRig(0);
  const { drawn, openPictures } = rig;
  const captured = rig.capture(0, {});
  rig.presenter.clear();
  await captured;
  expect([drawn, openPictures.size, rig.closedFrames]).toEqual([[], 0, 1]);
  await rig.capture(1, {});
  expect(drawn).toEqual([[1, null]]);
});

test('each frame counts once, as sharpened by its volunteer if its detail was shown', async () => {
  const rig = new PresenterRig(1);
  await rig.capture(0);
  await rig.answer(0);
  await rig.capture(1);
  await rig.wait(INTERVAL_MS + 1);
  await rig.answer(1);
  await rig.capture(2, {});
  expect(rig.report()).toMatchObject({
    framesPresented: 3,
    framesWithDetail: 2,
    framesUnsharpened: 1,
    framesDropped: {},
    gainDb: 1,
  });
});

test('few pictures and little detail are kept, and nothing after the end', async () => {
  const rig = new PresenterRig(0);
  const { openSharpened, openPictures, openDetail } = rig;
  for (let frameId = 0; frameId < 20; frameId++) {
    await rig.capture(frameId);
    if (frameId % 5 === 0) await rig.answer(frameId);
    await rig.sharpen(frameId);
    expect(openPictures.size).toBeLessThanOrEqual(4);
    expect(openSharpened.size).toBeLessThanOrEqual(2);
    expect(openDetail.size).toBeLessThanOrEqual(1);
  }
  rig.presenter.dispose();
  expect([openPictures.size, openSharpened.size, openDetail.size]).toEqual([0, 0, 0]);
  await rig.sharpen(19);
  expect(openSharpened.size).toBe(0);
  await rig.capture(20);
  expect([openPictures.size, rig.closedFrames]).toEqual([0, 21]);
  expect(rig.clock.pending).toBe(0);
});

test('what is drawn is kept until it is drawn', async () => {
  const rig = new PresenterRig(0);
  const { drawn, openDetail, openPictures } = rig;
  await rig.capture(0);
  await rig.answer(0);
  let finish = () => {};
  rig.drawing = new Promise((resolve) => {
    finish = resolve;
  });
  await rig.capture(1);
  await rig.capture(2);
  // It takes the place of the detail of frame 0, which is just being drawn on frame 1.
  await rig.answer(1);
  expect([...openDetail.keys()]).toEqual([0, 1]);
  finish();
  await settle();
  expect(drawn.slice(-2)).toEqual([
    [1, 0],
    [2, 1],
  ]);
  expect([[...openDetail.keys()], [...openPictures]]).toEqual([[1], [1, 2]]);
});

test('unknown and repeated detail is ignored, and released', async () => {
  const rig = new PresenterRig(1);
  const { drawn } = rig;
  await rig.answer(7);
  expect(rig.openDetail.size).toBe(0);
  await rig.capture(0);
  await rig.answer(0);
  await rig.answer(0);
  expect(drawn).toEqual([[0, 0]]);
  expect([rig.openDetail.get(0), rig.openDetail.size]).toEqual([1, 1]);
});
