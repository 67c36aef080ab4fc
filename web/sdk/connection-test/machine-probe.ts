import { isSoftwareName, openDevice } from '../../compute/wgsl/gpu-device.ts';
import { type CodecSupport, codecSupport } from '../../stream/codec/codecs.ts';
import { type CaptureMethod, captureMethod } from '../../stream/gamer/source/browser-frames.ts';

/** Time for a GPU to open, ms. A driver that needs longer is broken. */
const GPU_LIMIT_MS = 4_000;

export type GpuFinding =
  | { result: 'works'; name: string; isSoftware: boolean; hasHalfPrecision: boolean }
  /** The browser has no WebGPU. */
  | { result: 'no-interface' }
  /** It has, and offers no GPU. */
  | { result: 'no-adapter' }
  /** It offers one that does not open. */
  | { result: 'broken' };

/** What this machine and browser compute with. */
export interface MachineFindings {
  /** Over https, or on localhost: elsewhere browsers keep WebGPU and WebCodecs to themselves. */
  isSecure: boolean;
  browser: 'chromium' | 'firefox' | 'other';
  isLinux: boolean;
  gpu: GpuFinding;
  /** Empty without WebCodecs. */
  codecs: readonly CodecSupport[];
  /** How this page takes frames from a camera, a screen or a video. */
  captureMethod: CaptureMethod;
  /** Null without WebGL 2. */
  webgl: { isSoftware: boolean } | null;
  /** Whether memory can be shared with threads. */
  isIsolated: boolean;
}

/** Asks the browser what it has. What it opens it closes. Never rejects. */
export async function probeMachine(): Promise<MachineFindings> {
  const { userAgent } = navigator;
  const [gpu, codecs] = await Promise.all([probeGpu(navigator.gpu), codecSupport()]);
  return {
    isSecure: isSecureContext,
    browser: browserOf(userAgent),
    isLinux: /Linux/.test(userAgent) && !/Android/.test(userAgent),
    gpu,
    codecs,
    // Where tracks can be moved to workers, these can read them (Safari).
    captureMethod: captureMethod(true),
    webgl: probeWebGl(),
    isIsolated: crossOriginIsolated,
  };
}

function browserOf(userAgent: string): MachineFindings['browser'] {
  if (/Chrom(e|ium)\//.test(userAgent)) return 'chromium';
  return /Firefox\//.test(userAgent) ? 'firefox' : 'other';
}

async function probeGpu(gpu: GPU | undefined): Promise<GpuFinding> {
  if (!gpu) return { result: 'no-interface' };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<GpuFinding>((resolve) => {
    timer = setTimeout(() => resolve({ result: 'broken' }), GPU_LIMIT_MS);
  });
  return Promise.race([openGpu(gpu), late]).finally(() => clearTimeout(timer));
}

async function openGpu(gpu: GPU): Promise<GpuFinding> {
  try {
    const opened = await openDevice(gpu);
    if (!opened) return { result: 'no-adapter' };
    const { device, name, isSoftware } = opened;
    const hasHalfPrecision = device.features.has('shader-f16');
    device.destroy();
    return { result: 'works', name, isSoftware, hasHalfPrecision };
  } catch {
    return { result: 'broken' };
  }
}

function probeWebGl(): MachineFindings['webgl'] {
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) return null;
  // Firefox says it without the extension.
  const named = context.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(context.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  // A browser allows a page 16 contexts; this one would count until it is collected.
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return { isSoftware: isSoftwareName(renderer) };
}
