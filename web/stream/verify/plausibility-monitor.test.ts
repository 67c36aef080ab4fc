// Protects: detail that cannot be of its frame is never shown, a volunteer that sends some again and again is checked, and a glitch is none of its fault.
import { beforeEach, expect, test } from 'vitest';
import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { DetailHistory } from './detail-history.ts';
import type { Place } from './detail-plausibility.ts';
import type { LumaPlane } from './luma-reader.ts';
import { PlausibilityMonitor } from './plausibility-monitor.ts';
import { CODING, coded, isInLetter, LETTER, plus, SCENE, sceneFrame } from './test-scene.ts';

const codec = seededRandom(5);
/** The camera goes to and fro between these. */
const SCENES = [0, 6, 12, 18].map((moved) => {
  const { luma, codes } = sceneFrame(moved);
  return { luma, codes: coded(codes, codec) };
});
const OTHERS = [0, 6].map((moved) => sceneFrame(moved, 9).codes);

let random: () => number;
let suspected: (Place | null)[];
let useless: number;
let openFrames: number;
let monitor: PlausibilityMonitor;

beforeEach(() => {
  random = seededRandom(3);
  suspected = [];
  [useless, openFrames] = [0, 0];
  monitor = watchOf(new DetailHistory());
});

/** Of one route of a volunteer with this history. */
function watchOf(history: DetailHistory): PlausibilityMonitor {
  return new PlausibilityMonitor({
    out: { width: SCENE.outWidth, height: SCENE.outHeight },
    ...{ history, gain: CODING.gain, deadZoneCodes: 4, random },
    onSuspicious: (at) => suspected.push(at),
    onUseless: () => useless++,
  });
}

/** What a decoder gives, in main memory. */
function frameOf({ width, height, bytes, stride }: LumaPlane): VideoFrame {
  openFrames++;
  const frame = {
    ...{ format: 'I420', codedWidth: width, codedHeight: height, visibleRect: { x: 0, y: 0, width, height } },
    clone: () => frameOf({ width, height, bytes, stride, offset: 0 }),
    close: () => openFrames--,
    allocationSize: () => bytes.length,
    async copyTo(to: Uint8Array) {
      to.set(bytes);
      return [{ offset: 0, stride }];
    },
  };
  return frame as unknown as VideoFrame;
}

function sceneOf(frameId: number) {
  const scene = SCENES[frameId % SCENES.length];
  if (!scene) throw new Error('no scene');
  return scene;
}

async function send(frameId: number): Promise<void> {
  const frame = frameOf(sceneOf(frameId).luma);
  monitor.frameQueued(frame, frameId, 1);
  frame.close();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Which of these frames' detail would be shown. */
async function run(frames: number, answer: (codes: Uint8Array, frameId: number) => Uint8Array): Promise<boolean[]> {
  const shown: boolean[] = [];
  for (let frameId = 0; frameId < frames; frameId++) {
    await send(frameId);
    shown.push(monitor.isPlausible(frameId, answer(sceneOf(frameId).codes, frameId)));
  }
  return shown;
}

const letter = (codes: Uint8Array) => plus(codes, (x, y) => (isInLetter(x, y, 6) ? 26 : 0));
const opposite = (codes: Uint8Array) => codes.map((code) => 2 * NO_DETAIL_CODE - code);
const ofAnother = (codes: Uint8Array, frameId: number) => OTHERS[frameId % OTHERS.length] ?? codes;

test('honest detail is shown, whatever quality it has, and nobody is suspected', async () => {
  expect(await run(120, (codes) => codes)).not.toContain(false);
  expect([suspected, useless, openFrames]).toEqual([[], 0, 0]);
});

test.each<[string, (codes: Uint8Array, frameId: number) => Uint8Array]>([
  ['with a letter in the sky', letter],
  ['that is the opposite', opposite],
  ['of another stream', ofAnother],
  ['that is one bright veil', (codes) => codes.map(() => 154)],
])('every tenth frame %s: none of these is shown, all others are, and a check is called for', async (_, cheat) => {
  const isFalse = (frameId: number) => frameId % 10 === 9;
  const shown = await run(60, (codes, frameId) => (isFalse(frameId) ? cheat(codes, frameId) : codes));
  expect(shown).toEqual(shown.map((_, frameId) => !isFalse(frameId)));
  expect(suspected).toHaveLength(2);
  expect(useless).toBe(0);
});

test('the check is told where to look', async () => {
  await run(3, letter);
  expect(suspected[0]?.x).toBeCloseTo((LETTER.x + LETTER.width / 2) / SCENE.outWidth, 0);
  expect(suspected[0]?.y).toBeCloseTo((LETTER.y + LETTER.height / 2) / SCENE.outHeight, 0);
});

test('a glitch or two call for nothing', async () => {
  await run(140, (codes, frameId) => (frameId % 70 < 2 ? letter(codes) : codes));
  expect([suspected, useless]).toEqual([[], 0]);
});

test('detail that is mostly implausible is of no use', async () => {
  await run(29, () => plus(sceneOf(0).codes, () => 100 * (random() - 0.5)));
  expect(useless).toBe(0);
  await run(1, () => plus(sceneOf(0).codes, () => 100 * (random() - 0.5)));
  expect(useless).toBe(1);
});

test('it is that also where the volunteer ended its route in between', async () => {
  const history = new DetailHistory();
  for (let route = 0; route < 3; route++) {
    expect(useless).toBe(0);
    monitor = watchOf(history);
    await run(10, () => plus(sceneOf(0).codes, () => 100 * (random() - 0.5)));
  }
  expect(useless).toBe(1);
});

test('strobing between detail and its opposite is of no use either', async () => {
  const shown = await run(60, (codes, frameId) => (frameId % 2 ? opposite(codes) : codes));
  expect(shown).toEqual(shown.map((_, frameId) => frameId % 2 === 0));
  expect(useless).toBeGreaterThan(0);
});

const checkered = (x: number, y: number) => (Math.floor(x / 10) + Math.floor(y / 10)) % 2 === 0;

test.each<[string, (x: number, y: number, isOdd: boolean) => number]>([
  ['twice as strong, with a checker of signs', (x, y, isOdd) => (checkered(x, y) === isOdd ? 2 : -2)],
  ['three times as strong, with a checker of signs', (x, y, isOdd) => (checkered(x, y) === isOdd ? 3 : -3)],
  ['twice as strong, one half the opposite', (x, _, isOdd) => (x < SCENE.width === isOdd ? 2 : -2)],
  ['twice as strong, with a random sign in each pixel', () => (random() < 0.5 ? 2 : -2)],
])('flicker at every edge is not shown: honest detail %s, swapped from frame to frame', async (_, factor) => {
  const shown = await run(60, (codes, frameId) =>
    plus(
      codes.map(() => NO_DETAIL_CODE),
      (x, y) => factor(x, y, frameId % 2 === 1) * ((codes[y * SCENE.outWidth + x] ?? 0) - NO_DETAIL_CODE),
    ),
  );
  expect(shown.filter(Boolean).length).toBeLessThan(60 / 4);
  expect(useless).toBeGreaterThan(0);
});

test('a source whose pixels become of the other kind is followed', async () => {
  const shown = await run(60, (codes, frameId) => (frameId < 20 ? codes : opposite(codes)));
  expect(shown.slice(0, 20)).not.toContain(false);
  expect(shown.slice(26)).not.toContain(false);
  expect(useless).toBe(0);
});

// Whatever quality is claimed for them.
test.each([2, 4, 12, 20])(
  'the opposite in one half of every %i frames is not shown for long, and called for a check',
  async (period) => {
    const isOpposite = (frameId: number) => frameId % period >= period / 2;
    const shown = await run(60, (codes, frameId) => (isOpposite(frameId) ? opposite(codes) : codes));
    expect(shown.filter((each, frameId) => each && isOpposite(frameId)).length).toBeLessThanOrEqual(60 / 4);
    expect(suspected.length).toBeGreaterThan(0);
  },
);

test('what cannot be judged is shown: frames of which nothing is known, a second answer, and frames that were long lost', async () => {
  const veil = sceneOf(0).codes.map(() => 235);
  expect(monitor.isPlausible(7, veil)).toBe(true);
  for (let frameId = 0; frameId < 40; frameId++) await send(frameId);
  expect(monitor.isPlausible(0, veil)).toBe(true);
  expect(monitor.isPlausible(39, veil)).toBe(false);
  expect(monitor.isPlausible(39, veil)).toBe(true);
  monitor.dispose();
  expect(monitor.isPlausible(38, veil)).toBe(true);
});
