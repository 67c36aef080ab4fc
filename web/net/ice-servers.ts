import type { Clock } from '../../shared/clock.ts';
import type { IceGrant } from '../../shared/signaling.ts';
import type { PeerOptions } from './peer.ts';

/** TURN credentials are renewed after this share of their lifetime: a quarter is left for a server that is away. */
export const RENEW_AFTER = 0.75;
/** Delay before a refused renewal is tried again, ms; after a lost socket, the next join brings new credentials anyway. */
export const RENEWAL_RETRY_MS = 30_000;

interface IceRenewalOptions {
  clock: Clock;
  /** Whether there is anybody to reach through a relay: nobody else is given credentials, and the next introduction brings new ones. */
  isNeeded(): boolean;
  /** Requests new credentials from the server. */
  ask(): Promise<IceGrant>;
  onGrant(grant: IceGrant): void;
  /** The server refused or did not answer; the request is repeated later. */
  onRefused(cause: unknown): void;
}

/** Renews TURN credentials before they expire: a link may break after hours and then need a relay again. */
export class IceRenewal {
  #cancel: () => void = () => {};
  /** Increases when an answer that is under way becomes obsolete. */
  #epoch = 0;

  constructor(private readonly options: IceRenewalOptions) {}

  /** New credentials arrived, valid for `iceValidS` seconds; null: forever. */
  granted({ iceValidS }: Pick<IceGrant, 'iceValidS'>): void {
    this.stop();
    if (iceValidS !== null) this.#askAfter(iceValidS * 1_000 * RENEW_AFTER);
  }

  /** Stops while there is no server to ask: the next join brings new credentials. */
  stop(): void {
    this.#epoch++;
    this.#cancel();
  }

  #askAfter(delayMs: number): void {
    this.#cancel = this.options.clock.after(delayMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    if (!this.options.isNeeded()) return;
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
 * The browser's WebRTC for a connection that is created before its ICE servers are known. It prepares its description at once, and
 * gathers candidates when the promise resolves.
 */
export function withLateIceServers(iceServers: Promise<RTCIceServer[]>): PeerOptions['wrtc'] {
  const LateConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      const begin = this.setLocalDescription.bind(this);
      // setLocalDescription starts gathering candidates; changing the servers later would not restart it. The method is replaced on
      // the object itself: where a page has wrapped RTCPeerConnection, `super` may have returned an object of another class.
      this.setLocalDescription = async (description?: RTCLocalSessionDescriptionInit) => {
        this.setLocalDescription = begin;
        this.setConfiguration({ ...this.getConfiguration(), iceServers: await iceServers });
        return begin(description);
      };
    }
  };
  return { RTCPeerConnection: LateConnection, RTCSessionDescription, RTCIceCandidate };
}
