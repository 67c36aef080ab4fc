import { expect, test } from 'vitest';
import type { CaptureMethod } from '../../stream/gamer/source/browser-frames.ts';
import type { GpuFinding, MachineFindings } from './machine-probe.ts';
import { LINUX_FLAGS, machineSteps } from './machine-words.ts';
import { reportOf } from './report.ts';
import { GOOD_MACHINE, stepOf } from './test-findings.ts';

const stepsOf = (changes: Partial<MachineFindings> = {}) => machineSteps({ ...GOOD_MACHINE, ...changes });
const SOFTWARE: GpuFinding = {
  result: 'works',
  name: 'SwiftShader (software)',
  isSoftware: true,
  hasHalfPrecision: false,
};
const NO_GPU: readonly GpuFinding[] = [
  { result: 'no-interface' },
  { result: 'no-adapter' },
  { result: 'broken' },
  SOFTWARE,
];

test('a machine that has everything gets a report with nothing to do', () => {
  const steps = stepsOf();
  expect(steps.filter(({ ok, next }) => !ok || next)).toEqual([]);
  expect(stepOf(steps, 'webgpu').found).toContain('nvidia ada');
});

test('codecs are listed by what encodes and decodes them', () => {
  const step = stepOf(stepsOf(), 'webcodecs');
  expect(step.found).toContain(
    'Encodes in hardware: H.264; in software: VP9. Decodes in hardware: H.264, VP9; in software: AV1.',
  );
  expect(step.figures).toMatchObject({ 'h264 encodes': 'hardware', 'av1 encodes': null, 'av1 decodes': 'software' });
});

test.each(NO_GPU)('on Linux a Chromium whose WebGPU is $result is told the flag', (gpu) => {
  const step = stepOf(stepsOf({ gpu, isLinux: true }), 'webgpu');
  expect(step.ok).toBe(false);
  expect(step.next).toContain(LINUX_FLAGS);
});

test('elsewhere nobody is told a flag of Linux, and everybody is told something', () => {
  for (const browser of ['chromium', 'firefox', 'other'] as const) {
    for (const gpu of NO_GPU) {
      const { next } = stepOf(stepsOf({ gpu, browser, isLinux: browser === 'firefox' }), 'webgpu');
      expect(next).toMatch(/\.$/);
      expect(next).not.toContain(LINUX_FLAGS);
    }
  }
});

test('a page on http:// is told to use https://, not another browser', () => {
  const steps = stepsOf({ isSecure: false, gpu: { result: 'no-interface' }, codecs: [], isIsolated: false });
  for (const name of ['webgpu', 'webcodecs', 'isolation'] as const)
    expect(stepOf(steps, name).next).toContain('https://');
});

test('it is said whether a busy page delays the frames of a camera', () => {
  const foundBy = (captureMethod: CaptureMethod) => stepOf(stepsOf({ captureMethod }), 'webcodecs').found;
  expect(foundBy('processor')).toContain('a busy page delays none');
  expect(foundBy('video')).toContain('a busy page delays them');
});

test('only a browser without codecs fails the report: the rest makes it slower', () => {
  const bare = stepsOf({ gpu: { result: 'no-interface' }, webgl: null, isIsolated: false });
  expect(reportOf(bare).ok).toBe(true);
  for (const { ok, next } of bare) expect(ok || Boolean(next)).toBe(true);
  expect(reportOf(stepsOf({ codecs: [] })).ok).toBe(false);
  expect(reportOf(stepsOf({ codecs: [{ codec: 'av1', encodes: null, decodes: 'software' }] })).ok).toBe(false);
});
