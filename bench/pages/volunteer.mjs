import { VolunteerNode } from './sdk.mjs';

/**
 * Makes this page a volunteer, for as long as it is open.
 * @param {import('../../web/sdk/types.ts').VolunteerOptions} options
 */
export async function volunteer(options) {
  const node = await VolunteerNode.start({ iceServers: [], ...options });
  return node.capabilities;
}
