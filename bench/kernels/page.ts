import { measureKernels, modelsFrom } from './measure.ts';
import { ortNetworks } from './ort-networks.ts';

/** The kernels section's measurements, in a page of the bench's server. */
export function measureInPage() {
  const models = modelsFrom(async (name) => (await fetch(`/models/${name}`)).arrayBuffer());
  return measureKernels(navigator.gpu, models, ortNetworks);
}
