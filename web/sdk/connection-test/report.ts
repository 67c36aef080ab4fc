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
