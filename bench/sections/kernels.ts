import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../deploy/child.mjs';
import { modelsFrom } from '../../web/compute/test-models.ts';
import { openDawn } from '../../web/compute/wgsl/test-dawn.ts';
import type { Section } from '../context.ts';
import { type KernelReport, measureKernels } from '../kernels/measure.ts';
import type * as KernelsPage from '../pages/kernels.ts';
import { figure, type Row, short, text } from '../report.ts';

export const kernels: Section = {
  name: 'kernels',
  about:
    'frame times of our networks on this GPU, beside anime4k-webgpu and the least that arithmetic and memory allow',
  async run(context) {
    const site = await context.openSite({ modules: ['kernels'] });
    const page = await site.page<typeof KernelsPage>('kernels');
    return rowsOf(await page.call('measureInPage'));
  },
};

export const kernelsNode: Section = {
  name: 'kernels-node',
  about: 'the same in Node, on a driver of the system, for machines with a GPU and no browser',
  onlyWhenNamed: true,
  async run() {
    const dawn = await openDawn();
    // Not a failure: there is nothing to measure.
    if ('refusal' in dawn) return [text('adapter', dawn.refusal)];
    const models = modelsFrom(async (file) => {
      return Uint8Array.from(await readFile(join(ROOT, 'web/public/models', file))).buffer;
    });
    // Work on the GPU alone does not keep Node alive.
    const keepAlive = setInterval(() => {}, 1_000);
    try {
      return rowsOf(await measureKernels(dawn.gpu, models));
    } finally {
      clearInterval(keepAlive);
    }
  },
};

/** Each of our networks, and the one of anime4k-webgpu that it must not be slower than. */
const RIVALS = [
  ['fast', 'CNNx2M'],
  ['balanced', 'CNNx2VL'],
  ['quality', 'CNNx2UL'],
] as const;
/** How many times faster our networks must be than the same in onnxruntime-web. */
const LEAST_OVER_ORT = 5;
/** What share of the least possible time a network must reach on a real GPU, if starting its passes is not what takes long. */
const LEAST_SHARE = 0.4;
const WITH_LEAST_SHARE = ['balanced', 'quality', 'ultra'];

function rowsOf(report: KernelReport | null): Row[] {
  if (!report) return [text('adapter', 'no WebGPU here')];
  const { adapter, isSoftware, hasF16, gigaflopsPerS, gigabytesPerS, sizes } = report;
  return [
    text('adapter', `${adapter}; computes in ${hasF16 ? 'f16' : 'f32'}${isSoftware ? '; no GPU here' : ''}`),
    figure('peak arithmetic', gigaflopsPerS, 'GFLOP/s'),
    figure('peak memory traffic', gigabytesPerS, 'GB/s'),
    ...sizes.flatMap((size) => rowsOfSize(size, isSoftware)),
  ];
}

function rowsOfSize({ width, height, timings }: KernelReport['sizes'][number], isSoftware: boolean): Row[] {
  const size = `${width}x${height} to ${2 * width}x${2 * height}`;
  const msOf = (wanted: string) => timings.find(({ name }) => name === wanted)?.ms ?? Number.NaN;
  const ratio = (theirs: string, ours: string, atLeast: number) =>
    figure(`${theirs} / ${ours}, ${size}`, msOf(theirs) / msOf(ours), 'x', { atLeast });
  return [
    ...timings.flatMap(({ name, parameters, ms, work }) => {
      const amounts = work ? `; ${work.gflops.toFixed(2)} GFLOP, ${work.megabytes.toFixed(1)} MB` : '';
      const rows = [figure(`${name}, ${size}`, ms, 'ms', { note: `${parameters} parameters${amounts}` })];
      if (!work) return rows;
      const hasTarget = !isSoftware && WITH_LEAST_SHARE.includes(name);
      const options = { note: `${short(work.floorMs)} ms`, ...(hasTarget && { atLeast: LEAST_SHARE }) };
      return [...rows, figure(`${name}: least possible time / its time, ${size}`, work.floorMs / ms, '', options)];
    }),
    ...RIVALS.map(([ours, theirs]) => ratio(theirs, ours, 1)),
    ...RIVALS.map(([ours]) => ratio(`onnxruntime-web ${ours}`, ours, LEAST_OVER_ORT)).filter(
      ({ value }) => value !== null,
    ),
  ];
}
