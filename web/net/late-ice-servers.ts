import type { PeerOptions } from './peer.ts';

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
