import type { TransferableChannel } from '../../net/transferable-channel.ts';
import type { StreamSettings } from '../settings.ts';
import type { StreamOpening, StreamRegistry } from './stream-registry.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

/** What a page asks of the streams in its worker (web/sdk/stream.worker.ts), without the tasks. */
export function gamerApi(streams: StreamRegistry) {
  return {
    attachVideo: (linkId: string, moved: TransferableChannel) => streams.attachVideo(linkId, moved),
    detachVideo: (linkId: string) => streams.detachVideo(linkId),
    openStream: (key: number, opening: StreamOpening) => streams.open(key, opening),
    setStream: (key: number, changes: Partial<StreamSettings>) => streams.set(key, changes),
    useVolunteer: (key: number, ready: ReadyVolunteer) => streams.useVolunteer(key, ready),
    dropVolunteer: (key: number, streamId: number) => streams.dropVolunteer(key, streamId),
    closeStream: (key: number) => streams.close(key),
  };
}
