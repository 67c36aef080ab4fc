import { upscale } from '../../shared/tasks/upscale.ts';
import { backendWords } from '../ui/backend-words.ts';
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
const WORK_PER_PIXEL = upscale.cost({ width: 1, height: 1, outWidth: 1, outHeight: 1, quality: 'spatial' });

const NAMES: Record<string, string> = {
  upscale: 'Sharpening',
  pathfinding: 'Finding paths',
  physics: 'Moving bodies',
  raytracing: 'Tracing rays',
};

/** Echo is for testing links and no gift to anybody. */
export function abilitiesOf({ adapter, backends }: Node['capabilities']): Ability[] {
  return Object.entries(backends)
    .filter(([type]) => type !== 'echo')
    .map(([type, { backend, unitsPerMs }]) => ({
      name: NAMES[type] ?? type,
      means: meansOf(backend, adapter),
      speed: type === 'upscale' ? pictureSpeed(unitsPerMs) : '',
    }));
}

function meansOf(backend: string, adapter: string): string {
  const words = SOFTWARE_GPU.test(adapter) ? 'processor' : backendWords(backend);
  return words === 'processor' ? 'on the processor, slowly' : `on the ${words}`;
}

function pictureSpeed(unitsPerMs: number): string {
  const pixelsPerS = (unitsPerMs * 1_000) / WORK_PER_PIXEL;
  return `${formatRate(pixelsPerS / 1e6)} megapixels a second, ${formatRate(pixelsPerS / HD_PIXELS)} frames of 720p`;
}
