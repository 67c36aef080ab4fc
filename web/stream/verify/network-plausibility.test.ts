// Protects: what the shipped networks make of pictures, smooth and aliased, is plausible; the same with other signs is not.
import { readFile } from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { networksIn, parseManifest } from '../../compute/models/manifest.ts';
import { doubledReference } from '../../compute/networks/reference-network.ts';
import { unpackLayers } from '../../compute/networks/weights.ts';
import { detailRows } from '../../compute/reference/detail.ts';
import { type Judgement, judgeDetail } from './detail-plausibility.ts';
import { edgesOf, sampledRows } from './source-edges.ts';
import { CODING } from './test-scene.ts';

const MODELS = new URL('../../public/models/', import.meta.url);
const SIZE = { width: 96, height: 64 };
const OUT = { width: 2 * SIZE.width, height: 2 * SIZE.height };

let random: () => number;

beforeEach(() => {
  random = seededRandom(7);
});

/** Slanted roofs and round crowns before a sky. @param samples - along each side of a pixel: one makes the picture aliased. */
function landscape(samples: number): Uint8Array {
  return Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, at) => {
    const [left, top] = [at % SIZE.width, Math.floor(at / SIZE.width)];
    let sum = 0;
    for (let nth = 0; nth < samples ** 2; nth++) {
      const [x, y] = [left + ((nth % samples) + 0.5) / samples, top + (Math.floor(nth / samples) + 0.5) / samples];
      sum += brightnessAt(x, y);
    }
    return Math.round(sum / samples ** 2);
  });
}

function brightnessAt(x: number, y: number): number {
  const isCrown = ((x % 32) - 14) ** 2 + ((y % 28) - 12) ** 2 < 64;
  const isRoof = (y + 0.37 * x) % 23 < 8;
  if (isCrown) return 60 + (isRoof ? 40 : 0);
  return isRoof ? 150 : 200 - (y - 0.6 * x > 10 ? 90 : 0);
}

async function detailOf(name: string, luma: Uint8Array): Promise<Uint8Array> {
  const manifest = parseManifest(JSON.parse(await readFile(new URL('manifest.json', MODELS), 'utf8')));
  const model = networksIn(manifest).find((candidate) => candidate.name === name);
  if (!model) throw new Error(`no model ${name}`);
  const { buffer } = Uint8Array.from(await readFile(new URL(model.files.wgsl.path, MODELS)));
  const data = Uint8Array.from({ length: 4 * luma.length }, (_, at) => (at % 4 < 3 ? (luma[at >> 2] ?? 0) : 255));
  const source = { ...SIZE, data };
  const codes = new Uint8Array(OUT.width * OUT.height);
  for (const _ of detailRows(
    source,
    doubledReference(model.network, unpackLayers(model.network, buffer), source),
    CODING,
    codes,
  ));
  return codes;
}

function judged(luma: Uint8Array, codes: Uint8Array): Judgement {
  const plane = { ...SIZE, bytes: luma, offset: 0, stride: SIZE.width };
  const options = { out: OUT, gain: CODING.gain, deadZoneCodes: 4 };
  return judgeDetail(edgesOf(plane, sampledRows(plane, random), 1), codes, options, random);
}

test.each([
  ['fast', 'smooth', 4],
  ['fast', 'aliased', 1],
  ['balanced', 'smooth', 4],
  ['balanced', 'aliased', 1],
])(
  'the detail of %s of a picture that is %s is plausible, and that with a checker of signs is not',
  async (name, _, samples) => {
    const luma = landscape(samples);
    const codes = await detailOf(name, luma);
    const checkered = codes.map((code, at) => {
      const [column, row] = [Math.floor((at % OUT.width) / 10), Math.floor(at / OUT.width / 10)];
      return (column + row) % 2 === 0 ? code : 2 * NO_DETAIL_CODE - code;
    });
    for (let trial = 0; trial < 20; trial++) {
      const { fault, fit } = judged(luma, codes);
      expect(fault).toBeNull();
      expect(fit).not.toBeNull();
      expect(judged(luma, checkered).fault).toEqual({ of: 'frame' });
    }
  },
);
