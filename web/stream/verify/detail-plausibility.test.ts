// Protects: detail that is not of its frame is told at once and cheaply, and honest detail never is, whatever a codec made of it.
import { beforeEach, expect, test } from 'vitest';
import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { judgeDetail, type PlausibilityOptions } from './detail-plausibility.ts';
import { isOpposite } from './edge-fit.ts';
import type { LumaPlane } from './luma-reader.ts';
import { edgesOf, sampledRows } from './source-edges.ts';
import { CODING, coded, isInLetter, LETTER, plus, SCENE, sceneFrame } from './test-scene.ts';

const OPTIONS: PlausibilityOptions = {
  out: { width: SCENE.outWidth, height: SCENE.outHeight },
  gain: CODING.gain,
  deadZoneCodes: 4,
};

let random: () => number;

beforeEach(() => {
  random = seededRandom(7);
});

function faultOf(luma: LumaPlane, codes: Uint8Array, scale = 1) {
  return judgeDetail(edgesOf(luma, sampledRows(luma, random), scale), codes, OPTIONS, random).fault;
}

test('honest detail is plausible, finely or coarsely coded, in hundreds of trials', () => {
  for (let nth = 0; nth < 6; nth++) {
    const { luma, codes } = sceneFrame(3 * nth, 1 + (nth % 3));
    for (let trial = 0; trial < 34; trial++) expect(faultOf(luma, coded(codes, random, 2 + trial))).toBeNull();
  }
});

test('detail of a network that exaggerates or holds back is plausible, and so is none', () => {
  const { luma, codes } = sceneFrame(0);
  for (const strength of [0, 0.2, 0.5, 1.5]) {
    expect(
      faultOf(
        luma,
        plus(
          codes.map(() => NO_DETAIL_CODE),
          (x, y) => strength * distanceAt(codes, x, y),
        ),
      ),
    ).toBeNull();
  }
});

test('fine noise on top of honest detail harms nobody', () => {
  const { luma, codes } = sceneFrame(0);
  expect(
    faultOf(
      luma,
      plus(codes, () => 8 * (random() - 0.5)),
    ),
  ).toBeNull();
});

const checkered = (x: number, y: number, side: number) => (Math.floor(x / side) + Math.floor(y / side)) % 2 === 0;

const ON_TOP: [string, (x: number, y: number) => number][] = [
  ['a veil of three steps', () => 6],
  ['a dark veil', () => -20],
  ['tiles that are brighter and darker in turn, as a watermark', (x, y) => (checkered(x, y, 64) ? 6 : -6)],
  ['one bright tile', (x, y) => (x >= 64 && x < 96 && y >= 32 && y < 64 ? 8 : 0)],
  ['a letter in the sky', (x, y) => (isInLetter(x, y, 6) ? 26 : 0)],
  ['a dark letter', (x, y) => (isInLetter(x, y, 6) ? -26 : 0)],
  ['a letter of thin strokes', (x, y) => (isInLetter(x, y, 4) ? 26 : 0)],
  ['a letter of a pattern without a mean', (x, y) => (isInLetter(x, y, 8) ? (checkered(x, y, 2) ? 36 : -36) : 0)],
  ['strong noise', () => 120 * (random() - 0.5)],
];

test.each(ON_TOP)('%s on top of honest detail is noticed', (_, added) => {
  const { luma, codes } = sceneFrame(0);
  for (let nth = 0; nth < 8; nth++) expect(faultOf(luma, plus(coded(codes, random), added))).not.toBeNull();
});

test('the letter itself is what is noticed, so that a check can look there', () => {
  const { luma, codes } = sceneFrame(0);
  const fault = faultOf(
    luma,
    plus(codes, (x, y) => (isInLetter(x, y, 6) ? 26 : 0)),
  );
  if (fault?.of !== 'tile') return expect.unreachable();
  expect(Math.abs(fault.at.x - (LETTER.x + LETTER.width / 2) / SCENE.outWidth)).toBeLessThan(0.15);
  expect(Math.abs(fault.at.y - (LETTER.y + LETTER.height / 2) / SCENE.outHeight)).toBeLessThan(0.2);
});

const INSTEAD: [string, (codes: Uint8Array) => Uint8Array][] = [
  ['the mirror image', (codes) => moved(codes, (x, y) => [SCENE.outWidth - 1 - x, y])],
  ['the picture upside down', (codes) => moved(codes, (x, y) => [x, SCENE.outHeight - 1 - y])],
  ['another stream', () => sceneFrame(0, 9).codes],
  ['a frame of long before, when the camera was elsewhere', () => sceneFrame(40).codes],
];

test.each(INSTEAD)('detail of %s is noticed in most of its frames', (_, made) => {
  const { luma, codes } = sceneFrame(0);
  const cheat = made(codes);
  const noticed = Array.from({ length: 8 }, () => faultOf(luma, coded(cheat, random))).filter(Boolean);
  expect(noticed.length).toBeGreaterThan(5);
});

test('how detail follows the edges tells it from its opposite', () => {
  const { luma, codes } = sceneFrame(0);
  const fitOf = (made: Uint8Array) =>
    judgeDetail(edgesOf(luma, sampledRows(luma, random), 1), made, OPTIONS, random).fit;
  const [usual, later, opposite] = [
    fitOf(coded(codes, random)),
    fitOf(coded(codes, random)),
    fitOf(coded(codes, random).map((code) => 2 * NO_DETAIL_CODE - code)),
  ];
  if (!usual || !later || !opposite) return expect.unreachable();
  expect([isOpposite(later, usual.weights), isOpposite(opposite, usual.weights)]).toEqual([false, true]);
  expect(fitOf(codes.map(() => NO_DETAIL_CODE))).toBeNull();
});

test('detail of a frame that was sent at half its size is plausible, and that of another stream is not', () => {
  const { luma, codes } = sceneFrame(0);
  expect(faultOf(luma, smoothed(codes), 2)).toBeNull();
  expect(faultOf(luma, smoothed(sceneFrame(0, 9).codes), 2)).not.toBeNull();
});

test.each([
  [
    { width: 2, height: 2 },
    { width: 4, height: 4 },
  ],
  [
    { width: 16, height: 4 },
    { width: 32, height: 8 },
  ],
  [
    { width: 852, height: 480 },
    { width: 1280, height: 720 },
  ],
  [
    { width: 64, height: 36 },
    { width: 256, height: 144 },
  ],
  [
    { width: 64, height: 36 },
    { width: 64, height: 36 },
  ],
])('pictures of %o that become %o are judged or left, whatever the ratio', (size, out) => {
  const luma = { ...size, bytes: new Uint8Array(size.width * size.height).fill(90), offset: 0, stride: size.width };
  const edges = edgesOf(luma, sampledRows(size, random), 1);
  const none = new Uint8Array(out.width * out.height).fill(NO_DETAIL_CODE);
  const options = { ...OPTIONS, out };
  expect(judgeDetail(edges, none, options, random).fault).toBeNull();
  const isJudged = size.width > 32;
  expect(judgeDetail(edges, none.fill(200), options, random).fault !== null).toBe(isJudged);
});

function distanceAt(codes: Uint8Array, x: number, y: number): number {
  return (codes[y * SCENE.outWidth + x] ?? NO_DETAIL_CODE) - NO_DETAIL_CODE;
}

function moved(codes: Uint8Array, from: (x: number, y: number) => [number, number]): Uint8Array {
  return plus(
    codes.map(() => NO_DETAIL_CODE),
    (x, y) => distanceAt(codes, ...from(x, y)),
  );
}

/** The means of three by three codes. */
function smoothed(codes: Uint8Array): Uint8Array {
  const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dx, dy] as const));
  return plus(
    codes.map(() => NO_DETAIL_CODE),
    (x, y) => around.reduce((sum, [dx, dy]) => sum + distanceAt(codes, x + dx, y + dy), 0) / around.length,
  );
}
