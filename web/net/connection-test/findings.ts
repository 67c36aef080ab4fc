import type { MeshErrorReason } from '../../../shared/errors.ts';

// What the probes of a connection test found, without any network address. The words for it are made elsewhere.

/** Ways to a relay, from the quickest to the one that most networks allow. */
export const RELAY_TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export type RelayTransport = (typeof RELAY_TRANSPORTS)[number];

/** What came of asking a STUN or TURN server. */
export type IceResult =
  | 'works'
  /** The server names no such address. */
  | 'not-offered'
  /** The relay does not accept the credential. */
  | 'refused'
  /** The relay has given as many addresses as it may. */
  | 'full'
  | 'unknown-host'
  /** The port is closed, or its certificate is not trusted. */
  | 'unreachable'
  /** No answer within the time limit. */
  | 'silent'
  /** This browser makes no connections at all. */
  | 'no-webrtc';

export interface IceFinding {
  result: IceResult;
  /** From the start of the browser's search to the answer, ms; null without one. */
  ms: number | null;
}

/**
 * How this network shows its machines to others (RFC 4787, section 4.1). `none`: under their own addresses; `steady`: by one port for all
 * peers; `varying`: by another port for each, so that nobody can tell a peer which; `unknown`: only one server answered.
 */
export type Translation = 'none' | 'steady' | 'varying' | 'unknown';

export interface StunFinding extends IceFinding {
  /** Null without an answer. */
  translation: Translation | null;
}

export type ServerFinding =
  | { result: 'works'; isPolling: boolean; joinMs: number; rttMs: number }
  | {
      result: 'failed';
      reason: MeshErrorReason;
      /** What the server, or the attempt to reach it, said. */
      message: string;
      /** Whether the server answers requests of the page that are not sockets; null: another origin may not ask. */
      isAnsweringPages: boolean | null;
    };

export type ThroughputFinding =
  | {
      result: 'works';
      path: 'relay' | 'direct';
      /** Megabits a second, first one way, then the other. Both ends are this page, so each also comes back. */
      upMbps: number;
      downMbps: number;
      /** Null where the browser does not tell. */
      rttMs: number | null;
    }
  | {
      result: 'failed';
      path: 'relay' | 'direct';
      /** Set where the time was up: the cause may be that this computer is busy. */
      waitedMs: number | null;
    };

/**
 * Why the server gave no credential for its relay. `too-many`: this address has tested often; `fixed`: its relay has one that does not expire,
 * which only sessions get that know somebody.
 */
export type CredentialRefusal = 'too-many' | 'fixed' | 'failed';

export interface NetworkFindings {
  /** False where the browser knows that it has no network. */
  isOnline: boolean;
  hasWebRtc: boolean;
  server: ServerFinding;
  /** Whether the Content-Security-Policy of this page stopped requests to the server: those of WebSockets, where it is reached. */
  isStoppedByPolicy: boolean;
  /** Null where the server gave a credential for its relay, or has none. Otherwise its addresses are not known either. */
  credentialRefusal: CredentialRefusal | null;
  stun: StunFinding;
  relay: Record<RelayTransport, IceFinding>;
  throughput: ThroughputFinding;
}
