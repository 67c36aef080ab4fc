import type { ConnectionStep } from './report.ts';

// Causes and advice that several steps have in common.

export const OWN_NETWORK = 'Try another network, such as a phone’s, or a VPN.';
export const TELL_OWNER = 'Tell whoever runs this server.';
export const SET_UP_RELAY = 'Set up a relay: TURN_URLS and TURN_SECRET, as docs/hosting.md says under “A TURN relay”.';
export const ALLOW_WEBRTC =
  'Allow WebRTC: turn off extensions and settings that block it or protect from “WebRTC leaks”, also those of a VPN, then test again.';

export const NO_WEBRTC =
  'This browser makes no WebRTC connections: it is too old, or a setting or an extension blocks them.';

/** What helps where a name is not found. @param setting - in which the server has it */
export function nameNotFound(setting: string): Pick<ConnectionStep, 'next' | 'nextForHost'> {
  return {
    next: `See whether other sites open; a DNS filter may hide it. ${TELL_OWNER}`,
    nextForHost: `Check the name in ${setting}, and its DNS record.`,
  };
}

/** A sentence as the second part of another. */
export function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
