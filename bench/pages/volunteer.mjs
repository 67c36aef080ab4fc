import { sdkOf } from './sdk.mjs';

/**
 * Makes this page a volunteer, for as long as it is open.
 * @param {import('../../web/sdk/types.ts').VolunteerOptions & { variant?: import('../variants.mjs').Variant }} options
 */
export async function volunteer({ variant, ...options }) {
  const { VolunteerNode } = await sdkOf(variant);
  const node = await VolunteerNode.start({ iceServers: [], ...options });
  return node.capabilities;
}
