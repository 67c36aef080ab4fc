import { MeshError } from '../../../shared/errors.ts';
import type { UpscaleTile } from './tile-check.ts';

/** A machine that cannot compute what volunteers did: nothing is checked. */
export const noUpscaleTile: UpscaleTile = () => Promise.reject(MeshError.closed('The engine'));
