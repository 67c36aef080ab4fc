import type { VolunteerOptions } from '../../web/sdk/types.ts';
import type { Variant } from '../bundles.ts';
import { loadSdk } from './gamer.ts';

export { answerBare } from './bare-channel.ts';

/** Makes this page a volunteer for as long as it is open. */
export async function volunteer({ variant, ...options }: VolunteerOptions & { variant?: Variant }) {
  const { VolunteerNode } = await loadSdk(variant);
  return (await VolunteerNode.start({ iceServers: [], ...options })).capabilities;
}
