import * as Comlink from 'comlink';
import { MeshError } from '../../shared/errors.ts';
import type { StreamSetup } from '../../shared/messages.ts';
import { adoptChannel, type MovedChannel } from '../net/moved-channel.ts';
import { canvasEngine } from './test-frame-engine.ts';
import { openFrames } from './test-frame-ledger.ts';
import { VolunteerStreams } from './volunteer-streams.ts';

/** The streams of a volunteer's worker, without a GPU. */
class TestVolunteer {
  #streams: VolunteerStreams | null = null;

  attach(moved: MovedChannel): void {
    this.#streams = new VolunteerStreams({
      port: adoptChannel(moved),
      engine: canvasEngine,
      now: () => performance.now(),
      onFailed: (_, error) => {
        throw error;
      },
      onClosed: () => {},
    });
  }

  setup(setup: StreamSetup): Promise<string> {
    if (!this.#streams) throw MeshError.closed('The link');
    return this.#streams.setup(setup);
  }

  close(streamId: number): void {
    this.#streams?.close(streamId);
  }

  get framesDone(): number {
    return this.#streams?.stats.framesDone ?? 0;
  }

  openFrames(): number {
    return openFrames();
  }

  dispose(): void {
    this.#streams?.dispose();
  }
}

export type TestVolunteerApi = TestVolunteer;

Comlink.expose(new TestVolunteer());
