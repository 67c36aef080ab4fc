import * as Comlink from 'comlink';
import { systemClock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { ControlMessage } from '../../../shared/messages.ts';
import { Listeners } from '../../net/listeners.ts';
import { Peer } from '../../net/peer.ts';
import { makeTransferable } from '../../net/transferable-channel.ts';
import type { StreamLink } from '../gamer/stream-negotiator.ts';
import type { TestVolunteerApi } from './test-volunteer.worker.ts';

export interface TestVolunteerLink {
  link: StreamLink;
  volunteer: Comlink.Remote<TestVolunteerApi>;
  /** Closes the volunteer's page. */
  leave(): void;
}

export interface TestVolunteerOptions {
  id?: string;
  /** Time the volunteer takes for a frame. */
  computeMs?: number;
}

/** Starts a volunteer's worker behind a real peer connection. Control messages are passed directly, without a link. */
export async function linkVolunteer(
  attachVideo: (channel: RTCDataChannel | MessagePort) => void,
  { id = 'volunteer-1', computeMs = 0 }: TestVolunteerOptions = {},
): Promise<TestVolunteerLink> {
  const worker = new Worker(new URL('./test-volunteer.worker.ts', import.meta.url), { type: 'module' });
  const volunteer = Comlink.wrap<TestVolunteerApi>(worker);
  const [near, far] = await connectPeers((channel) => {
    const moved = makeTransferable(channel);
    void volunteer.attach(Comlink.transfer(moved, [moved]), computeMs);
  }, attachVideo);
  const toGamer = new Listeners<ControlMessage>();
  const answer = async (message: ControlMessage) => {
    if (message.kind === 'stream-close') await volunteer.close(message.streamId);
    if (message.kind !== 'stream-setup') return;
    const { streamId } = message.setup;
    try {
      toGamer.emit({ kind: 'stream-ready', streamId, backend: await volunteer.setup(message.setup) });
    } catch (cause) {
      toGamer.emit({ kind: 'stream-failed', streamId, error: MeshError.from(cause).toWire() });
    }
  };
  return {
    volunteer,
    leave() {
      worker.terminate();
      far.destroy();
      near.destroy();
    },
    link: {
      id,
      name: 'Vera',
      capabilities: {
        adapter: 'none',
        backends: { upscale: { backend: 'canvas', unitsPerMs: 1e6 } },
        tasks: ['upscale'],
        codecs: ['vp8'],
      },
      rttMs: () => 1,
      sendControl: (message) => void answer(message),
      onControl: (listener) => toGamer.add(listener),
      ensureVideo() {},
    },
  };
}

/** Both ends of a loopback connection. Each creates its `video` channel in the task that created the connection. */
function connectPeers(
  onFarVideo: (channel: RTCDataChannel) => void,
  onNearVideo: (moved: RTCDataChannel | MessagePort) => void,
) {
  return new Promise<[Peer, Peer]>((resolve, reject) => {
    const options = { iceServers: [], relayOnly: false, clock: systemClock };
    const owner = {
      onMessage: () => {},
      onClose: (error: MeshError | null) => reject(error ?? MeshError.closed('The connection')),
    };
    const near = new Peer({ ...options, initiate: true });
    onNearVideo(makeTransferable(near.createChannel('video')));
    const far = new Peer({ ...options, initiate: false });
    onFarVideo(far.createChannel('video'));
    near.begin({ ...owner, onSignal: (signal) => far.signal(signal), onConnect: () => resolve([near, far]) });
    far.begin({ ...owner, onSignal: (signal) => near.signal(signal), onConnect: () => {} });
  });
}
