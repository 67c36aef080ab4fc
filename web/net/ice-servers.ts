import type { Clock } from '../../shared/clock.ts';
import type { IceGrant } from '../../shared/signaling.ts';
import type { PeerOptions } from './peer.ts';

/** TURN credentials are renewed after this share of their lifetime: a quarter is left for a server that is away. */
export const RENEW_AFTER = 0.75;
/** Delay before a refused renewal is tried again, ms; after a lost socket, the next join brings new credentials anyway. */
export const RENEWAL_RETRY_MS = 30_000;

interface IceRenewalOptions {
  clock: Clock;
  /** Asks the server. */
  ask(): Promise<IceGrant>;
  onGrant(grant: IceGrant): void;
  /** The server said no, or nothing; it is asked again. */
  onRefused(cause: unknown): void;
}

/** New TURN credentials before the present ones end: a page may stay for days and then meet somebody whom only a relay reaches. */
export class IceRenewal {
  #cancel: () => void = () => {};
  /** Counts what made an answer under way worthless. */
  #epoch = 0;

  constructor(private readonly options: IceRenewalOptions) {}

  /** Credentials came that hold for so long, s; null: they do not end. */
  granted({ iceValidS }: Pick<IceGrant, 'iceValidS'>): void {
    this.stop();
    if (iceValidS !== null) this.#askAfter(iceValidS * 1_000 * RENEW_AFTER);
  }

  /** There is nobody to ask: the next join brings new ones. */
  stop(): void {
    this.#epoch++;
    this.#cancel();
  }

  #askAfter(delayMs: number): void {
    this.#cancel = this.options.clock.after(delayMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const epoch = this.#epoch;
    try {
      const grant = await this.options.ask();
      if (epoch !== this.#epoch) return;
      this.options.onGrant(grant);
      this.granted(grant);
    } catch (cause) {
      if (epoch !== this.#epoch) return;
      this.options.onRefused(cause);
      this.#askAfter(RENEWAL_RETRY_MS);
    }
  }
}

/**
 * The browser's WebRTC for a connection that is made before its ICE servers are known: it describes itself meanwhile, and reaches
 * for the network once they are.
 */
export function withLateIceServers(iceServers: Promise<RTCIceServer[]>): PeerOptions['wrtc'] {
  const LateConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      const begin = this.setLocalDescription.bind(this);
      // It begins to gather addresses, which a later change of the servers would not begin anew. Replaced on the object itself:
      // where a page has put a wrapper in the browser's place, `super` may have returned an object of another class.
      this.setLocalDescription = async (description?: RTCLocalSessionDescriptionInit) => {
        this.setConfiguration({ ...this.getConfiguration(), iceServers: await iceServers });
        return begin(description);
      };
    }
  };
  return { RTCPeerConnection: LateConnection, RTCSessionDescription, RTCIceCandidate };
}
