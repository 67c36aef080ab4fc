import { figure, said } from './rows.mjs';

/** @typedef {import('./kernels/measure.ts').KernelReport} KernelReport */

/** Ours, and theirs that it must not be slower than. */
const RIVALS = /** @type {const} */ ([
  ['fast', 'CNNx2M'],
  ['balanced', 'CNNx2VL'],
  ['quality', 'CNNx2UL'],
]);
/** How much faster ours must be than onnxruntime-web with the same network. */
const LEAST_OVER_ORT = 5;
/** Steps of 8 bits: as far as backends that all compute right may differ (COMPUTE.tolerance8bit). */
const TOLERANCE = 2;
/** Of the floor's rate, on a GPU: of those that are not bound by starting their passes. */
const LEAST_SHARE = 0.4;
const WITH_A_LEAST_SHARE = ['balanced', 'quality'];

/** @param {KernelReport | null} report @returns {import('./rows.mjs').Row[]} */
export function kernelRows(report) {
  if (!report) return [said('adapter', 'no WebGPU here')];
  const { adapter, isSoftware, hasF16, gigaflopsPerS, gigabytesPerS, differences, compileMs, sizes } = report;
  return [
    said('adapter', `${adapter}; computes in ${hasF16 ? 'f16' : 'f32'}${isSoftware ? '; no GPU here' : ''}`),
    figure('arithmetic at best', gigaflopsPerS, 'GFLOP/s'),
    figure('memory at best', gigabytesPerS, 'GB/s'),
    ...Object.entries(differences).map(([name, steps]) =>
      figure(`${name}: largest difference from the reference`, steps, 'of 255', { atMost: TOLERANCE }),
    ),
    ...Object.entries(compileMs).map(([name, ms]) => figure(`${name}: compiled in`, ms, 'ms')),
    ...sizes.flatMap((size) => rowsOfSize(size, isSoftware)),
  ];
}

/**
 * @param {KernelReport['sizes'][number]} size
 * @param {boolean} isSoftware
 */
function rowsOfSize({ width, height, timings }, isSoftware) {
  const what = `${width}x${height} to ${2 * width}x${2 * height}`;
  const msOf = (/** @type {string} */ name) => timings.find((timing) => timing.name === name)?.ms ?? Number.NaN;
  const rows = timings.flatMap(({ name, parameters, ms, gflops, megabytes, floorMs }) => {
    const work =
      gflops === null || megabytes === null ? '' : `; ${gflops.toFixed(2)} GFLOP, ${megabytes.toFixed(1)} MB`;
    const frame = figure(`${name}, ${what}`, ms, 'ms', { note: `${parameters} parameters${work}` });
    if (floorMs === null) return [frame];
    const isAsked = !isSoftware && WITH_A_LEAST_SHARE.includes(name);
    return [
      frame,
      figure(`${name}: share of the floor's rate, ${what}`, floorMs / ms, '', {
        note: `floor ${floorMs.toPrecision(3)} ms`,
        ...(isAsked && { atLeast: LEAST_SHARE }),
      }),
    ];
  });
  return [
    ...rows,
    ...RIVALS.map(([ours, theirs]) =>
      figure(`${theirs} / ${ours}, ${what}`, msOf(theirs) / msOf(ours), 'x', { atLeast: 1 }),
    ),
    ...RIVALS.map(([ours]) => [ours, `onnxruntime-web ${ours}`])
      .filter(([, theirs]) => !Number.isNaN(msOf(theirs ?? '')))
      .map(([ours = '', theirs = '']) =>
        figure(`${theirs} / ${ours}, ${what}`, msOf(theirs) / msOf(ours), 'x', { atLeast: LEAST_OVER_ORT }),
      ),
  ];
}
