/** What a connection test tries. `relay` stands for the three ways to it where there is none. */
export type ConnectionStepName =
  | 'server'
  | 'stun'
  | 'relay'
  | 'relay-udp'
  | 'relay-tcp'
  | 'relay-tls'
  | 'relay-need'
  | 'throughput'
  | 'webgpu'
  | 'shader-f16'
  | 'webcodecs'
  | 'webgl2'
  | 'isolation';

/** One thing that was tried. */
export interface ConnectionStep {
  name: ConnectionStepName;
  ok: boolean;
  /** Whether live pictures from others need it here. Without anything else they still come, if slower or from fewer people. */
  required: boolean;
  /** It could not be tried, since something before it failed; `ok` is then false. */
  skipped?: true;
  /** How long an answer took, ms: of the server a round trip, of STUN and the relay from the start of the browser's search, of data one way and back. */
  ms?: number;
  /** What was found, with its cause where it is a failure, in sentences for a person. */
  found: string;
  /** What the person at this browser can do about it. */
  next?: string;
  /** What the owner of the server can do about it. */
  nextForHost?: string;
  /** The same for programs. */
  figures?: Record<string, string | number | boolean | null>;
}

/** The result of a connection test. It has no network addresses and no names. */
export interface ConnectionReport {
  /** Whether everything that is required works. */
  ok: boolean;
  /** From what is reached first to what computes. */
  steps: ConnectionStep[];
}

/** Builds the report of these steps. */
export function reportOf(steps: readonly ConnectionStep[]): ConnectionReport {
  return { ok: steps.every(({ ok, required }) => ok || !required), steps: [...steps] };
}

/** Whole milliseconds: more would be noise. */
export function roundMs(ms: number): number {
  return Math.round(ms);
}

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
