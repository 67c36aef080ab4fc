import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { ControlMessage, StreamSetup } from '../../shared/messages.ts';
import { Listeners } from '../net/listeners.ts';
import { type SimulatedPort, simulatedChannel } from '../net/test-channel.ts';
import { forwardChannel } from '../net/transferable-channel.ts';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import type { Codec } from '../stream/codec/codecs.ts';
import type { Composer } from '../stream/compose/composer.ts';
import { canvasComposer } from '../stream/compose/test-composer.ts';
import { StreamRegistry } from '../stream/gamer/stream-registry.ts';
import type { FrameEngine } from '../stream/upscale/frame-engine.ts';
import { canvasEngine } from '../stream/upscale/test-frame-engine.ts';
import { noUpscaleTile } from '../stream/verify/test-upscale-tile.ts';
import { StreamMemory } from '../stream/volunteer/stream-memory.ts';
import { VolunteerStreams } from '../stream/volunteer/volunteer-streams.ts';
import {
  type FrameStream,
  openFrameStream,
  type StreamLink,
  type StreamOptions,
  type StreamSource,
} from './frame-stream.ts';

const VOLUNTEER_ID = 'volunteer-1';
const LOOPBACK = { latencyMs: 1, bytesPerMs: 1e6 };

export type End = 'gamer' | 'volunteer';

export interface StreamRigOptions {
  codec?: Codec;
  gamerEngine?: () => Promise<FrameEngine>;
  volunteerEngine?: FrameEngine;
  openComposer?: () => Promise<Composer>;
}

/** A gamer's page, its worker and one volunteer in one thread, so that a test can interfere with everything between them. */
export class StreamRig {
  /** Failures of streams at the volunteer. */
  readonly failures: MeshError[] = [];
  readonly trust = new VolunteerTrust(Math.random);
  /** Why the gamer's page barred the volunteer. */
  readonly barred: MeshError[] = [];
  /** Streams that the gamer's page has closed at the volunteer. */
  readonly released: number[] = [];
  /** Modifies the bytes of each message on its way, in place. */
  corrupt: (bytes: Uint8Array, to: End) => void = () => {};
  /** Changes what the volunteer is asked for, as another version of the gamer's page might ask. */
  alterSetup: (setup: StreamSetup) => StreamSetup = (setup) => setup;
  readonly #link: StreamLink;
  readonly #gamer: StreamRegistry;
  readonly #streams: Comlink.Remote<StreamRegistry>;
  readonly #volunteer: VolunteerStreams;
  readonly #volunteerEnd: SimulatedPort;
  readonly #toGamer = new Listeners<ControlMessage>();
  readonly #open: FrameStream[] = [];

  constructor({
    codec = 'vp8',
    gamerEngine = async () => canvasEngine,
    volunteerEngine = canvasEngine,
    openComposer = async () => canvasComposer(),
  }: StreamRigOptions = {}) {
    this.#link = {
      id: VOLUNTEER_ID,
      name: 'Vera',
      capabilities: {
        adapter: 'none',
        backends: { upscale: { backend: 'canvas', unitsPerMs: 1e6 } },
        tasks: ['upscale'],
        codecs: [codec],
      },
      rttMs: () => 1,
      sendControl: (message) => void this.#answer(message),
      onControl: (listener) => this.#toGamer.add(listener),
      ensureVideo() {},
    };
    this.trust.barred.add(({ error }) => this.barred.push(error));
    this.#gamer = new StreamRegistry({
      engine: gamerEngine,
      upscaleTile: noUpscaleTile,
      openComposer,
      clock: systemClock,
      random: Math.random,
    });
    const { port1, port2 } = new MessageChannel();
    Comlink.expose(this.#gamer, port1);
    this.#streams = Comlink.wrap<StreamRegistry>(port2);
    const [gamerEnd, volunteerEnd] = simulatedChannel(systemClock, LOOPBACK);
    this.#volunteerEnd = volunteerEnd;
    this.#intercept(gamerEnd, 'gamer');
    this.#intercept(volunteerEnd, 'volunteer');
    const forwarded = new MessageChannel();
    forwardChannel(gamerEnd, forwarded.port1);
    void this.#gamer.attachVideo(VOLUNTEER_ID, forwarded.port2);
    this.#volunteer = new VolunteerStreams({
      port: volunteerEnd,
      engine: volunteerEngine,
      memory: new StreamMemory(),
      now: systemClock.now,
      carriesDetail: async () => true,
      onFailed: (streamId, error) => this.#failed(streamId, error),
      onClosed: () => {},
    });
  }

  async open(source: StreamSource, options: StreamOptions): Promise<FrameStream> {
    const stream = await openFrameStream(
      {
        streams: this.#streams,
        trust: this.trust,
        links: () => [this.#link],
        onLinksChanged: () => () => {},
        now: systemClock.now,
        defaultWhere: 'volunteers',
        onClosed: () => {},
      },
      source,
      options,
    );
    this.#open.push(stream);
    return stream;
  }

  /** As when its process is killed: it says nothing more, and nobody is told. */
  killVolunteer(): void {
    this.#volunteerEnd.isDead = true;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#open.map((stream) => stream.close()));
    this.#gamer.detachVideo(VOLUNTEER_ID);
    this.#volunteer.dispose();
    this.#streams[Comlink.releaseProxy]();
  }

  #intercept(port: SimulatedPort, to: End): void {
    const arrive = port.arrive.bind(port);
    port.arrive = (data) => {
      const bytes = data.slice();
      this.corrupt(bytes, to);
      arrive(bytes);
    };
  }

  async #answer(message: ControlMessage): Promise<void> {
    if (message.kind === 'stream-close') {
      this.released.push(message.streamId);
      this.#volunteer.close(message.streamId);
    }
    if (message.kind !== 'stream-setup') return;
    const { streamId } = message.setup;
    try {
      this.#toGamer.emit({
        kind: 'stream-ready',
        streamId,
        backend: await this.#volunteer.setup(this.alterSetup(message.setup)),
      });
    } catch (cause) {
      this.#failed(streamId, MeshError.from(cause));
    }
  }

  #failed(streamId: number, error: MeshError): void {
    this.failures.push(error);
    this.#toGamer.emit({ kind: 'stream-failed', streamId, error: error.toWire() });
  }
}

/** Settings with which this computer sharpens every frame, however busy it is: so few frames that each counts as a still. */
export const STILLS = { maxFps: 4 } as const;

/** Presented frames that this computer sharpened, by a network or a filter: which of them depends on how busy it is. */
export function framesSharpenedHere(stream: FrameStream): number {
  const { framesLocal, framesFiltered } = stream.stats();
  return framesLocal + framesFiltered;
}

/** Presented frames that a volunteer upscaled. */
export function framesOfVolunteers(stream: FrameStream): number {
  const { framesPresented, framesUnsharpened } = stream.stats();
  return framesPresented - framesSharpenedHere(stream) - framesUnsharpened;
}
