import { upscale } from '../shared/tasks/upscale.ts';

/** Units of work of one twofold upscale with the default quality, as volunteers count them in `unitsPerMs`. */
export function upscaleCost(width: number, height: number): number {
  return upscale.cost(upscale.pack({ image: { width, height, data: new Uint8Array(width * height * 4) } }).params);
}
