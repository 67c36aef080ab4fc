import type { StreamReasonKind, StreamStats } from './frame-stream.ts';
import type { ClientStats, VolunteerInfo, VolunteerStats } from './types.ts';

// The public types of diagnostics reports.

/**
 * A report for diagnosing a problem. It has no room name, invite, key, person's name, file name or network address; ids are cut
 * to six characters.
 */
export interface Diagnostics {
  /** ISO 8601. */
  madeAt: string;
  versions: { package: string; protocol: number; build: string };
  machine: { userAgent: string; processors: number; isSecureContext: boolean; isHidden: boolean };
  /** Null without WebGPU. */
  gpu: { adapter: string; hasHalfPrecision: boolean; limits: Record<string, number> } | null;
  /** The newest 200 lines of the page's log and its workers', oldest first, whether or not they were written to the console. */
  log: string[];
}

/** What a machine computes with, and how fast: by kind of task, in units of the type's cost per ms. */
export interface EngineDiagnostics {
  adapter: string;
  backends: Record<string, { backend: string; unitsPerMs: number }>;
}

export interface CodecDiagnostics {
  codec: string;
  isInHardware: boolean;
}

/** A link, in a report. Everything about its route is null while it is not connected, or where the browser does not say. */
export interface LinkDiagnostics extends Partial<EngineDiagnostics> {
  peer: string;
  state: string;
  /** `relay`: through a TURN server. */
  path: 'direct' | 'relay' | null;
  /** Types of the ICE candidates in use: `host`, `srflx`, `prflx` or `relay`. */
  candidates: { local: string; remote: string } | null;
  rttMs: number | null;
  /** Codecs of a volunteer. */
  codecs?: string[];
}

/** A stream, in a report: its statistics, with the size of its picture, and of its reasons what they are about. */
export type StreamDiagnostics = Omit<StreamStats, 'why' | 'reasons' | 'shares'> & {
  width: number;
  height: number;
  reasons: StreamReasonKind[];
  shares: { volunteer: string; share: number }[];
};

/** A gamer's report. */
export interface GamerDiagnostics extends Diagnostics {
  role: 'gamer';
  state: string;
  /** Null until this machine computed something. */
  engine: EngineDiagnostics | null;
  /** Codecs for streams, best first. */
  codecs: CodecDiagnostics[];
  tasks: ClientStats;
  streams: StreamDiagnostics[];
  links: (LinkDiagnostics & Pick<VolunteerInfo, 'load' | 'score' | 'completed' | 'failed' | 'barred'>)[];
}

/** A volunteer's report. */
export interface VolunteerDiagnostics extends Diagnostics {
  role: 'volunteer';
  state: string;
  engine: EngineDiagnostics;
  /** Codecs for streams, best first. */
  codecs: CodecDiagnostics[];
  stats: VolunteerStats;
  maxGamers: number;
  links: LinkDiagnostics[];
}
