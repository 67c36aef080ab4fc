import type { Clock } from '../../../shared/clock.ts';

/** The members of RTCIceCandidate that are read here. Addresses are not among them. */
export type Candidate = Pick<RTCIceCandidate, 'type' | 'foundation' | 'port'>;
export type CandidateError = Pick<RTCPeerConnectionIceErrorEvent, 'errorCode' | 'errorText'>;

/** What a browser made of a list of ICE servers. */
export interface Gathering {
  candidates: readonly Candidate[];
  errors: readonly CandidateError[];
  /** When the first candidate of the wanted type came, ms since the start; null: none did. */
  foundAfterMs: number | null;
  /** Whether every server answered or failed within the limit. */
  isComplete: boolean;
}

/** Makes the browser's connections; where there is no WebRTC it throws. */
export type Connect = (configuration: RTCConfiguration) => RTCPeerConnection;

interface GatherOptions {
  connect: Connect;
  clock: Clock;
  iceServers: RTCIceServer[];
  /** `srflx`: from a STUN server; `relay`: from a TURN server, and only these are gathered. */
  wanted: 'srflx' | 'relay';
  /** How long others are waited for once a wanted candidate came, ms. */
  lingerMs: number;
  limitMs: number;
}

/** Has the browser ask these servers for candidates, with a connection of its own that it closes. Throws what `connect` throws. */
export async function gatherCandidates(options: GatherOptions): Promise<Gathering> {
  const { connect, clock, iceServers, wanted, lingerMs, limitMs } = options;
  const connection = connect({ iceServers, iceTransportPolicy: wanted === 'relay' ? 'relay' : 'all' });
  const startMs = clock.now();
  const candidates: Candidate[] = [];
  const errors: CandidateError[] = [];
  let foundAfterMs: number | null = null;
  let isComplete = false;
  const timers: (() => void)[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      timers.push(clock.after(limitMs, resolve));
      connection.addEventListener('icecandidate', ({ candidate }) => {
        // An empty candidate ends those of one generation (RFC 8838, section 14).
        if (!candidate) {
          isComplete = true;
          resolve();
        } else if (candidate.candidate !== '') {
          candidates.push(candidate);
          if (candidate.type !== wanted || foundAfterMs !== null) return;
          foundAfterMs = clock.now() - startMs;
          timers.push(clock.after(lingerMs, resolve));
        }
      });
      connection.addEventListener('icecandidateerror', ({ errorCode, errorText }) =>
        errors.push({ errorCode, errorText }),
      );
      // Without anything to send, nothing is gathered.
      connection.createDataChannel('connection test');
      // WebRTC for Node makes no description by itself.
      connection
        .createOffer()
        .then((offer) => connection.setLocalDescription(offer))
        .catch(reject);
    });
    return { candidates, errors, foundAfterMs, isComplete };
  } finally {
    for (const cancel of timers) cancel();
    connection.close();
  }
}
