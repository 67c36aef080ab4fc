import type { VolunteerNode } from '../../web/sdk/p2c2r.ts';
import type { VolunteerOptions } from '../../web/sdk/types.ts';
import type { Variant } from '../bundles.ts';
import { loadSdk, ROOM } from './gamer.ts';

export { answerBare } from './bare-channel.ts';

let node: VolunteerNode | undefined;

const battery = Object.assign(new EventTarget(), { charging: true, level: 1 });

/** Plugs this page's machine in, or unplugs it. Returns when, ms since 1970. */
export function setCharging(charging: boolean): number {
  const atMs = Date.now();
  Object.assign(battery, { charging }).dispatchEvent(new Event('chargingchange'));
  return atMs;
}

/** Makes this page a volunteer for as long as it is open. */
export async function volunteer({ variant, ...options }: VolunteerOptions & { variant?: Variant }) {
  const { VolunteerNode } = await loadSdk(variant);
  node = await VolunteerNode.start({ room: ROOM, iceServers: [], signals: { battery }, ...options });
  return node.capabilities;
}

/** Frames of streams that the page answered so far. */
export function framesDone(): number {
  return node?.stats().framesDone ?? 0;
}
