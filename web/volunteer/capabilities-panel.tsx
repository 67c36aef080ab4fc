import { useEffect, useState } from 'preact/hooks';
import { NETWORKS, type Quality, upscale } from '../../shared/tasks/upscale.ts';
import { formatRate } from '../ui/format.ts';
import { backendLabel } from '../ui/labels.ts';
import { CheckLink, Panel } from '../ui/layout.tsx';
import type { Node } from './volunteering.ts';

/** What this machine can do: the GPU before the start, measured speeds afterwards. */
export function CapabilitiesPanel({ capabilities }: { capabilities: Node['capabilities'] | null }) {
  const [gpu, setGpu] = useState<GpuAvailability | null>(null);
  useEffect(() => {
    void detectGpu(navigator.gpu, isSecureContext).then(setGpu);
  }, []);
  return (
    <Panel title="What this machine can do">
      {gpu && (!capabilities || gpu.kind === 'insecure') && <p class="soft">{gpuMessage(gpu)}</p>}
      {gpu && gpu.kind !== 'gpu' && <CheckLink label="Find out why" />}
      {capabilities ? (
        <dl class="capabilities">
          <div class="capabilities__entry">
            <dt>Hardware</dt>
            <dd class="soft">{capabilities.adapter || 'none available in this browser'}</dd>
          </div>
          {describeCapabilities(capabilities).map(({ name, means, speed }) => (
            <div class="capabilities__entry" key={name}>
              <dt>
                {name} <span class="soft">{means}</span>
              </dt>
              <dd class="soft">{speed}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <p class="soft small">Its speed is measured when you start, which takes up to three seconds.</p>
      )}
    </Panel>
  );
}

/** A capability of this machine, for people. */
export interface Capability {
  name: string;
  means: string;
  speed: string;
}

/** Names of software GPUs. */
const SOFTWARE_GPU = /swiftshader|llvmpipe|lavapipe|warp|basic render/i;

const HD_PIXELS = 1280 * 720;
const PIXEL = { width: 1, height: 1, outWidth: 1, outHeight: 1 };
const LISTED_QUALITIES = ['spatial', ...NETWORKS] as const;
const SHARPENING: Record<(typeof LISTED_QUALITIES)[number], string> = {
  spatial: 'Sharpening',
  fast: 'Sharpening by a small network',
  balanced: 'Sharpening by a medium network',
  quality: 'Sharpening by a large network',
  ultra: 'Sharpening by a very large network',
};

const NAMES: Record<string, string> = {
  infer: 'Running small neural networks',
  dialogue: 'Speaking for characters',
  pathfinding: 'Pathfinding',
  physics: 'Physics',
  raytracing: 'Ray tracing',
};

/** Omits echo, which only tests links. */
export function describeCapabilities({ adapter, backends }: Node['capabilities']): Capability[] {
  return Object.entries(backends)
    .filter(([type]) => type !== 'echo')
    .map(([kind, { backend, unitsPerMs }]) => {
      const quality = qualityOf(kind);
      return {
        name: quality ? SHARPENING[quality] : (NAMES[kind] ?? kind),
        means: meansOf(backend, adapter),
        speed: quality ? pictureSpeed(unitsPerMs, quality) : '',
      };
    });
}

/** The quality of a task kind. All filters are listed as one. */
function qualityOf(kind: string): keyof typeof SHARPENING | undefined {
  return LISTED_QUALITIES.find((quality) => upscale.kindOf({ ...PIXEL, quality }) === kind);
}

function meansOf(backend: string, adapter: string): string {
  const label = SOFTWARE_GPU.test(adapter) ? 'processor' : backendLabel(backend);
  return label === 'processor' ? 'on the processor, slowly' : `on the ${label}`;
}

function pictureSpeed(unitsPerMs: number, quality: Quality): string {
  const pixelsPerS = (unitsPerMs * 1_000) / upscale.cost({ ...PIXEL, quality });
  return `${formatRate(pixelsPerS / 1e6)} megapixels a second, ${formatRate(pixelsPerS / HD_PIXELS)} frames of 720p`;
}

/** What the browser reveals about the GPU before the start. */
export type GpuAvailability =
  | { kind: 'gpu'; name: string }
  | { kind: 'software' }
  | { kind: 'none' }
  | { kind: 'insecure' };

/** @param isSecure - browsers offer WebGPU only in secure contexts */
export async function detectGpu(gpu: GPU | undefined, isSecure: boolean): Promise<GpuAvailability> {
  if (!isSecure) return { kind: 'insecure' };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return { kind: 'none' };
  const { vendor, architecture, device, description } = adapter.info;
  if (SOFTWARE_GPU.test(`${vendor} ${architecture} ${device} ${description}`)) return { kind: 'software' };
  return { kind: 'gpu', name: description || device || [vendor, architecture].filter(Boolean).join(' ') };
}

export function gpuMessage(gpu: GpuAvailability): string {
  if (gpu.kind === 'gpu') {
    return gpu.name
      ? `This browser can use your graphics card (${gpu.name}).`
      : 'This browser can use your graphics card.';
  }
  if (gpu.kind === 'insecure') {
    return 'This page was opened over http://. Open it over https:// (or on localhost), so that it can use the graphics card.';
  }
  const why =
    gpu.kind === 'none' ? 'This browser offers no graphics card (WebGPU)' : 'This browser only offers a software GPU';
  return `${why}, so the processor does the work, slowly. A recent Chrome or Edge on a machine with a graphics card does far more.`;
}
