// Protects: a picture that stands still gets the finest detail that came of it, however slow its volunteer is, and no other picture's.
import { expect, test } from 'vitest';
import { PresenterRig } from './test-presenter.ts';

/** A frame, and repeats of it, all of which are shown. */
async function standStill(rig: PresenterRig, repeats: number): Promise<void> {
  await rig.capture(0);
  for (let frameId = 1; frameId <= repeats; frameId++) await rig.capture(frameId, { detail: true, isRepeat: true });
}

test('detail that comes when later repeats are shown is added to the last one, until finer detail comes', async () => {
  const rig = new PresenterRig(0);
  const { drawn } = rig;
  await standStill(rig, 10);
  await rig.answer(3);
  expect(drawn.slice(-2), 'no further repeat draws it').toEqual([
    [10, null],
    [10, 3],
  ]);
  await rig.answer(9);
  expect(drawn.at(-1)).toEqual([10, 9]);
  await rig.answer(4);
  expect(drawn.at(-1), 'older detail is coarser').toEqual([10, 9]);
  await rig.answer(10);
  expect(drawn.at(-1)).toEqual([10, 10]);
  expect(rig.report()).toMatchObject({ framesWithDetail: 1, gainDb: 1 });
});

test.each([1, 2, 3, 8])('a volunteer that is %i repeats behind helps: each of its answers is shown', async (lag) => {
  const rig = new PresenterRig(0);
  const { drawn, openDetail } = rig;
  await rig.capture(0);
  for (let frameId = 1; frameId <= 20; frameId++) {
    await rig.capture(frameId, { detail: true, isRepeat: true });
    if (frameId < lag) continue;
    await rig.answer(frameId - lag);
    expect(drawn.at(-1)).toEqual([frameId, frameId - lag]);
  }
  await rig.capture(21);
  const { length } = drawn;
  await rig.answer(20);
  expect(drawn.slice(length), 'not another picture').toEqual([]);
  rig.presenter.dispose();
  expect([...openDetail]).toEqual([]);
});

test('the first frame of a presenter may be a repeat: what was asked for before is not its detail', async () => {
  const rig = new PresenterRig(0);
  await rig.capture(21, { detail: true, isRepeat: true });
  await rig.answer(19);
  expect(rig.drawn).toEqual([[21, null]]);
  expect([...rig.openDetail]).toEqual([]);
});
