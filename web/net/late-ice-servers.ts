import type { PeerOptions } from './peer.ts';

/**
 * The browser's WebRTC for a connection that is made before its ICE servers are known: it describes itself meanwhile, and reaches
 * for the network once they are.
 */
export function withLateIceServers(iceServers: Promise<RTCIceServer[]>): PeerOptions['wrtc'] {
  const LateConnection = class extends RTCPeerConnection {
    /** Begins to gather addresses, which a later change of the servers would not begin anew. */
    override async setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void> {
      this.setConfiguration({ ...this.getConfiguration(), iceServers: await iceServers });
      return super.setLocalDescription(description);
    }
  };
  return { RTCPeerConnection: LateConnection, RTCSessionDescription, RTCIceCandidate };
}
