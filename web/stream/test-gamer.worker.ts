import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import type { MovedChannel } from '../net/moved-channel.ts';
import { GamerStreams, type StreamOpening } from './gamer-streams.ts';
import type { StreamSettings } from './stream-settings.ts';
import { canvasEngine } from './test-frame-engine.ts';
import { openFrames } from './test-frame-ledger.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

/** The streams of the gamer's worker, without a GPU. */
const streams = new GamerStreams(async () => canvasEngine, systemClock);

Comlink.expose({
  openFrames,
  attachVideo: (linkId: string, moved: MovedChannel) => streams.attachVideo(linkId, moved),
  detachVideo: (linkId: string) => streams.detachVideo(linkId),
  openStream: (key: number, opening: StreamOpening) => streams.open(key, opening),
  setStream: (key: number, changes: Partial<StreamSettings>) => streams.set(key, changes),
  useVolunteer: (key: number, ready: ReadyVolunteer) => streams.useVolunteer(key, ready),
  dropVolunteer: (key: number, streamId: number) => streams.dropVolunteer(key, streamId),
  closeStream: (key: number) => streams.close(key),
});
