import { NETWORKS, type Quality, upscale } from '../../shared/tasks/upscale.ts';
import { backendWords } from '../ui/backend-messages.ts';
import { formatRate } from '../ui/format.ts';
import type { Node } from './node.ts';

/** What this machine can do, for a person. */
export interface Ability {
  name: string;
  means: string;
  speed: string;
}

/** Names of graphics cards made of software. */
export const SOFTWARE_GPU = /swiftshader|llvmpipe|lavapipe|warp|basic render/i;

const HD_PIXELS = 1280 * 720;
const PIXEL = { width: 1, height: 1, outWidth: 1, outHeight: 1 };
const QUALITIES_TOLD = ['spatial', ...NETWORKS] as const;
const SHARPENING: Record<(typeof QUALITIES_TOLD)[number], string> = {
  spatial: 'Sharpening',
  fast: 'Sharpening by a small network',
  balanced: 'Sharpening by a middling network',
  quality: 'Sharpening by a large network',
};

const NAMES: Record<string, string> = {
  infer: 'Running small models',
  pathfinding: 'Finding paths',
  physics: 'Moving bodies',
  raytracing: 'Tracing rays',
};

/** Echo is for testing links and no gift to anybody. */
export function abilitiesOf({ adapter, backends }: Node['capabilities']): Ability[] {
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

/** Filters are told of as one. */
function qualityOf(kind: string): keyof typeof SHARPENING | undefined {
  return QUALITIES_TOLD.find((quality) => upscale.kindOf({ ...PIXEL, quality }) === kind);
}

function meansOf(backend: string, adapter: string): string {
  const words = SOFTWARE_GPU.test(adapter) ? 'processor' : backendWords(backend);
  return words === 'processor' ? 'on the processor, slowly' : `on the ${words}`;
}

function pictureSpeed(unitsPerMs: number, quality: Quality): string {
  const pixelsPerS = (unitsPerMs * 1_000) / upscale.cost({ ...PIXEL, quality });
  return `${formatRate(pixelsPerS / 1e6)} megapixels a second, ${formatRate(pixelsPerS / HD_PIXELS)} frames of 720p`;
}
