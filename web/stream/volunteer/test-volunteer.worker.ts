import * as Comlink from 'comlink';
import { MeshError } from '../../../shared/errors.ts';
import type { StreamSetup } from '../../../shared/messages.ts';
import { adoptChannel, type TransferableChannel } from '../../net/transferable-channel.ts';
import { openFrames } from '../gamer/test-frame-ledger.ts';
import { canvasEngine, slowEngine } from '../upscale/test-frame-engine.ts';
import { StreamMemory } from './stream-memory.ts';
import { VolunteerStreams } from './volunteer-streams.ts';

/** A volunteer's worker with streams only and no GPU. */
class TestVolunteer {
  #streams: VolunteerStreams | null = null;

  attach(moved: TransferableChannel, computeMs: number): void {
    this.#streams = new VolunteerStreams({
      port: adoptChannel(moved),
      memory: new StreamMemory(),
      engine: computeMs > 0 ? slowEngine(computeMs) : canvasEngine,
      now: () => performance.now(),
      carriesDetail: async () => true,
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

  /** Blocks the worker, so that it neither receives nor sends. */
  freeze(forMs: number): void {
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs);
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
