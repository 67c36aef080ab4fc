import type { InputKind, Network } from '../../../shared/tasks/upscale.ts';

/** Of a network there is a model for each kind of picture that it may be given. */
export type ModelName = `${Network}-${InputKind}`;

export function modelName(network: Network, input: InputKind): ModelName {
  return `${network}-${input}`;
}
