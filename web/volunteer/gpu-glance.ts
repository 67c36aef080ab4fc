import { SOFTWARE_GPU } from './abilities.ts';

/** What can be told of the graphics card before anything is started. */
export type GpuGlance = { kind: 'gpu'; name: string } | { kind: 'software' } | { kind: 'none' } | { kind: 'insecure' };

/** @param isSecure whether this page may see the graphics card at all: browsers give WebGPU to secure contexts only */
export async function glanceAtGpu(gpu: GPU | undefined, isSecure: boolean): Promise<GpuGlance> {
  if (!isSecure) return { kind: 'insecure' };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return { kind: 'none' };
  const { vendor, architecture, device, description } = adapter.info;
  if (SOFTWARE_GPU.test(`${vendor} ${architecture} ${device} ${description}`)) return { kind: 'software' };
  return { kind: 'gpu', name: description || device || [vendor, architecture].filter(Boolean).join(' ') };
}

export function gpuSentence(glance: GpuGlance): string {
  if (glance.kind === 'gpu') {
    return glance.name
      ? `This browser can use your graphics card (${glance.name}).`
      : 'This browser can use your graphics card.';
  }
  if (glance.kind === 'insecure') {
    return 'This page was opened over http://. Open it over https:// (or on localhost), or the graphics card stays out of reach.';
  }
  const why =
    glance.kind === 'none'
      ? 'This browser offers no graphics card (WebGPU)'
      : 'This browser only offers a graphics card made of software';
  return `${why}, so the processor does the work: it helps, slowly. A recent Chrome or Edge on a machine with a graphics card does far more.`;
}
