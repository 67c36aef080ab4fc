import { MeshError } from '../../shared/errors.ts';
import { type Filter, isNetwork, type Network } from '../../shared/tasks/upscale.ts';
import type { FrameTarget } from './backend.ts';

/** For backends that run no networks. Throws MeshError `unknown-model`. */
export function requireFilter<T extends FrameTarget>(target: T): T & { quality: Filter } {
  const { quality } = target;
  if (!isNetwork(quality)) return { ...target, quality };
  throw new MeshError('unknown-model', `The network '${quality}' does not run here. Use 'spatial' or 'bilinear'.`);
}

/** For backends that run nothing else. Throws MeshError `unknown-model`. */
export function requireNetwork<T extends FrameTarget>(target: T): T & { quality: Network } {
  const { quality } = target;
  if (isNetwork(quality)) return { ...target, quality };
  throw new MeshError('unknown-model', `'${quality}' is no network, and nothing else runs here.`);
}
