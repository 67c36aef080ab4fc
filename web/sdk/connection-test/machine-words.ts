import type { CodecSupport } from '../../stream/codec/codecs.ts';
import type { MachineFindings } from './machine-probe.ts';
import type { ConnectionStep } from './report.ts';

/** What Chromium needs on Linux to offer WebGPU. */
export const LINUX_FLAGS = '--enable-unsafe-webgpu --enable-features=Vulkan';

const USE_HTTPS = 'Open this page at its https:// address.';
const HTTPS_FOR_HOST =
  'Serve the pages over HTTPS: npm start -- --lan at home, a proxy with a certificate on the internet.';
const INSECURE = 'This page was opened over http://, and browsers give it to secure pages only.';

/** Puts what a machine computes with into words. */
export function machineSteps(found: MachineFindings): ConnectionStep[] {
  return [gpuStep(found), halfPrecisionStep(found), codecStep(found), webGlStep(found), isolationStep(found)];
}

function gpuStep(found: MachineFindings): ConnectionStep {
  const { gpu } = found;
  const step = { name: 'webgpu', required: false } as const;
  if (gpu.result === 'works') {
    const { name, isSoftware } = gpu;
    const figures = { result: 'works', adapter: name, isSoftware };
    if (!isSoftware) return { ...step, ok: true, figures, found: `The browser computes on ${name}.` };
    const what = `The browser only offers a software GPU, ${name}: it computes on the processor.`;
    return {
      ...step,
      ok: false,
      figures,
      found: `${what} Everything works so, more slowly; a volunteer with a GPU helps more.`,
      ...gpuAdvice(found),
    };
  }
  return {
    ...step,
    ok: false,
    figures: { result: gpu.result },
    found: `${noGpu(found)} The processor computes instead, more slowly; a volunteer with a GPU helps more.`,
    ...gpuAdvice(found),
  };
}

function noGpu({ gpu, isSecure }: MachineFindings): string {
  if (!isSecure) return `No WebGPU. ${INSECURE}`;
  if (gpu.result === 'no-interface') return 'This browser has no WebGPU.';
  if (gpu.result === 'no-adapter') return 'This browser has WebGPU, but offers no graphics card to it.';
  return 'This browser offers a graphics card that does not open: most often its driver is broken.';
}

function gpuAdvice({ isSecure, isLinux, browser, gpu }: MachineFindings): Pick<ConnectionStep, 'next' | 'nextForHost'> {
  if (!isSecure) return { next: USE_HTTPS, nextForHost: HTTPS_FOR_HOST };
  if (browser === 'chromium' && isLinux) {
    return {
      next: `On Linux turn on chrome://flags/#enable-unsafe-webgpu, or start the browser with ${LINUX_FLAGS}. See chrome://gpu for what it says of the driver.`,
      nextForHost: 'For a volunteer without a screen: npm run volunteer, with --browser-flag (docs/hosting.md).',
    };
  }
  if (browser === 'firefox')
    return { next: 'Use a current Chrome or Edge, or set dom.webgpu.enabled in about:config.' };
  if (browser === 'chromium' && gpu.result !== 'no-interface') {
    return {
      next: 'Turn on hardware acceleration in the browser’s settings (System), update the graphics driver, and see chrome://gpu.',
    };
  }
  return { next: 'Use a current Chrome or Edge.' };
}

function halfPrecisionStep({ gpu }: MachineFindings): ConnectionStep {
  const step = { name: 'shader-f16', required: false } as const;
  if (gpu.result !== 'works')
    return { ...step, ok: false, skipped: true, found: 'It is a part of WebGPU.', next: 'See the graphics card.' };
  if (gpu.hasHalfPrecision)
    return { ...step, ok: true, found: 'Networks compute in half precision, which is up to twice as fast.' };
  return {
    ...{ ...step, ok: false },
    found: 'This GPU or its driver has no half precision: networks compute in single precision, more slowly.',
    next: gpu.isSoftware ? 'See the graphics card.' : 'Update the graphics driver; older cards do not have it.',
  };
}

const CODEC_LABELS: Record<CodecSupport['codec'], string> = { h264: 'H.264', vp8: 'VP8', vp9: 'VP9', av1: 'AV1' };

/** Who reads the frames of a camera, a screen or a video. */
const SOURCES: Record<MachineFindings['captureMethod'], string> = {
  processor: 'Frames of cameras, screens and videos are read in a worker: a busy page delays none.',
  worker: 'Frames of cameras, screens and videos are read in a worker: a busy page delays none.',
  video:
    'Frames of cameras, screens and videos are taken as this page shows them: a busy page delays them, and a hidden one has none.',
};

function codecStep({ codecs, isSecure, captureMethod }: MachineFindings): ConnectionStep {
  const step = { name: 'webcodecs', required: true } as const;
  const usable = codecs.filter(({ encodes, decodes }) => encodes && decodes);
  if (usable.length > 0) {
    const figures = Object.fromEntries(
      codecs.flatMap(({ codec, encodes, decodes }) => [
        [`${codec} encodes`, encodes],
        [`${codec} decodes`, decodes],
      ]),
    );
    return { ...step, ok: true, figures, found: `${sentencesOf(codecs)} ${SOURCES[captureMethod]}` };
  }
  const cause = isSecure
    ? 'This browser encodes and decodes no video for pages (WebCodecs).'
    : `No WebCodecs. ${INSECURE}`;
  return {
    ...{ ...step, ok: false },
    found: `${cause} So there are no live pictures; tasks still work.`,
    ...(isSecure
      ? { next: 'Use a current Chrome, Edge or Firefox.' }
      : { next: USE_HTTPS, nextForHost: HTTPS_FOR_HOST }),
  };
}

/** Such as: "Encodes in hardware: H.264; in software: VP8, VP9. Decodes in software: H.264, VP8." */
function sentencesOf(codecs: readonly CodecSupport[]): string {
  const list = (verb: string, direction: 'encodes' | 'decodes') => {
    const groups = (['hardware', 'software'] as const).flatMap((means) => {
      const names = codecs.filter((support) => support[direction] === means).map(({ codec }) => CODEC_LABELS[codec]);
      return names.length > 0 ? `in ${means}: ${names.join(', ')}` : [];
    });
    return `${verb} ${groups.join('; ')}.`;
  };
  return `${list('Encodes', 'encodes')} ${list('Decodes', 'decodes')}`;
}

function webGlStep({ webgl, isLinux, browser }: MachineFindings): ConnectionStep {
  const step = { name: 'webgl2', required: false } as const;
  const next =
    browser === 'chromium' && isLinux
      ? 'Turn on hardware acceleration in the browser’s settings (System), or start it with --ignore-gpu-blocklist; see chrome://gpu.'
      : 'Turn on hardware acceleration in the browser’s settings, and update the graphics driver.';
  if (!webgl) {
    return { ...step, ok: false, found: 'No WebGL 2: the built-in game does not run; other sources do.', next };
  }
  const figures = { isSoftware: webgl.isSoftware };
  if (!webgl.isSoftware) return { ...step, ok: true, figures, found: 'The browser draws on the graphics card.' };
  return { ...step, ok: false, figures, found: 'The browser draws on the processor: games run slowly.', next };
}

function isolationStep({ isIsolated, isSecure }: MachineFindings): ConnectionStep {
  const step = { name: 'isolation', required: false } as const;
  if (isIsolated)
    return { ...step, ok: true, found: 'On: where the processor computes, several threads share the work.' };
  const off = { ...step, ok: false } as const;
  if (!isSecure) return { ...off, found: `Off. ${INSECURE}`, next: USE_HTTPS, nextForHost: HTTPS_FOR_HOST };
  return {
    ...off,
    found: 'Off: where the processor computes, it does so with one thread.',
    next: 'Everything works without it.',
    nextForHost:
      'Send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp with the page; a proxy may have removed them. A page in a frame needs them of the page around it too, and cross-origin-isolated in the allow attribute of the frame.',
  };
}
