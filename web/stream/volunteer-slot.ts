import { MeshError } from '../../shared/errors.ts';
import type { Capabilities, ControlMessage, StreamSetup } from '../../shared/messages.ts';
import { upscale } from '../../shared/tasks/upscale.ts';
import { STREAM } from '../../shared/tuning.ts';
import { type Codec, commonCodecs } from './codecs.ts';
import type { StreamSize } from './frame-size.ts';
import type { ReadyVolunteer } from './gamer-stream.ts';
import type { StreamSettings } from './stream-settings.ts';

/** A linked volunteer, as a stream sees it. */
export interface StreamLink {
  id: string;
  name: string;
  capabilities: Capabilities;
  rttMs(): number;
  sendControl(message: ControlMessage): void;
  /** Returns what ends it. */
  onControl(listener: (message: ControlMessage) => void): () => void;
  /** Makes the link's video channel and moves it to the worker, if that was not done yet. */
  ensureVideo(): void;
}

export interface VolunteerSlotOptions {
  /** Those linked now. */
  links(): StreamLink[];
  now(): number;
  /** Never the same twice on one link. */
  nextStreamId(): number;
  /** What this browser encodes and decodes, best first. */
  codecs: readonly Codec[];
  /** A volunteer is ready for frames. A rejection counts as its failure. */
  use(ready: ReadyVolunteer): Promise<void>;
  /** It gets no more frames. */
  drop(streamId: number): void;
}

interface Candidate {
  link: StreamLink;
  codec: Codec;
  predictedMs: number;
}

interface Current extends Candidate {
  setup: StreamSetup & { codec: Codec };
  askedMs: number;
  isReady: boolean;
  stopListening(): void;
}

/**
 * Keeps a stream's one volunteer: picks the one predicted to be fastest, sets it up over the control channel, and picks again when
 * it leaves, refuses or fails. One that failed with a codec is asked again for that codec only after a while.
 */
export class VolunteerSlot {
  readonly #options: VolunteerSlotOptions;
  /** Until when, by link and codec. */
  readonly #barred = new Map<string, number>();
  #wanted: { size: StreamSize; settings: StreamSettings } | null = null;
  #current: Current | null = null;
  #lastError: MeshError | null = null;

  constructor(options: VolunteerSlotOptions) {
    this.#options = options;
  }

  /** Why the last volunteer was let go; null while one is ready. */
  get lastError(): MeshError | null {
    return this.#lastError;
  }

  /** What frames are to become. Another size is another stream; everything else is changed in place. */
  want(size: StreamSize, settings: StreamSettings): void {
    const before = this.#wanted;
    this.#wanted = { size, settings };
    const current = this.#current;
    if (current && (before?.size !== size || settings.where === 'local')) this.#release(current);
    else if (current?.isReady) this.#change(current);
    this.look();
  }

  /** To be called when links came or went, and every now and then. */
  look(): void {
    const { links, now } = this.#options;
    const nowMs = now();
    for (const [key, untilMs] of this.#barred) if (untilMs <= nowMs) this.#barred.delete(key);
    const current = this.#current;
    if (current && !links().some(({ id }) => id === current.link.id)) this.#release(current);
    else if (current && !current.isReady && nowMs - current.askedMs > STREAM.openTimeoutMs) {
      this.failed(current.setup.streamId, MeshError.timeout(`Setting up ${current.link.name}`, STREAM.openTimeoutMs));
    }
    if (this.#current || !this.#wanted || this.#wanted.settings.where === 'local') return;
    const best = this.#best(this.#wanted.size, this.#wanted.settings);
    if (best) this.#ask(best, this.#wanted.size, this.#wanted.settings);
  }

  /** The stream with this id is of no more use. */
  failed(streamId: number, error: MeshError): void {
    const current = this.#current;
    if (current?.setup.streamId !== streamId) return;
    this.#barred.set(barKey(current), this.#options.now() + STREAM.retryAfterMs);
    this.#release(current);
    this.#lastError = error;
    this.look();
  }

  /** No volunteer is wanted any more. */
  release(): void {
    this.#wanted = null;
    if (this.#current) this.#release(this.#current);
  }

  #best(size: StreamSize, { quality }: StreamSettings): Candidate | null {
    const candidates: Candidate[] = [];
    for (const link of this.#options.links()) {
      const speed = link.capabilities.backends.upscale?.unitsPerMs ?? 0;
      const codec = commonCodecs(this.#options.codecs, link.capabilities.codecs).find(
        (common) => !this.#barred.has(barKey({ link, codec: common })),
      );
      if (!codec || speed <= 0) continue;
      const predictedMs = link.rttMs() + upscale.cost({ ...size, quality }) / speed + STREAM.assumedCodecMs;
      candidates.push({ link, codec, predictedMs });
    }
    return candidates.sort((a, b) => a.predictedMs - b.predictedMs)[0] ?? null;
  }

  #ask(candidate: Candidate, size: StreamSize, settings: StreamSettings): void {
    const { link, codec } = candidate;
    const setup = { streamId: this.#options.nextStreamId(), codec, ...size, ...ratesOf(settings) };
    const stopListening = link.onControl((message) => this.#heard(setup.streamId, message));
    this.#current = { ...candidate, setup, askedMs: this.#options.now(), isReady: false, stopListening };
    link.ensureVideo();
    link.sendControl({ kind: 'stream-setup', setup });
  }

  #change(current: Current): void {
    if (!this.#wanted) return;
    const rates = ratesOf(this.#wanted.settings);
    const { quality, fps } = current.setup;
    if (rates.quality === quality && rates.fps === fps) return;
    current.setup = { ...current.setup, ...rates };
    current.link.sendControl({ kind: 'stream-setup', setup: current.setup });
  }

  #heard(streamId: number, message: ControlMessage): void {
    const current = this.#current;
    if (current?.setup.streamId !== streamId || !('streamId' in message) || message.streamId !== streamId) return;
    if (message.kind === 'stream-failed') this.failed(streamId, MeshError.from(message.error));
    else if (message.kind === 'stream-ready' && !current.isReady) this.#ready(current);
  }

  #ready(current: Current): void {
    const { link, setup, predictedMs } = current;
    current.isReady = true;
    this.#lastError = null;
    const fail = (cause: unknown) => this.failed(setup.streamId, MeshError.from(cause));
    this.#options.use({ volunteerId: link.id, name: link.name, setup, predictedMs }).catch(fail);
    // What was wanted may have changed while it was being set up.
    this.#change(current);
  }

  #release(current: Current): void {
    const { link, setup } = current;
    this.#current = null;
    current.stopListening();
    this.#options.drop(setup.streamId);
    if (this.#options.links().some(({ id }) => id === link.id)) {
      link.sendControl({ kind: 'stream-close', streamId: setup.streamId });
    }
  }
}

function barKey({ link, codec }: Pick<Candidate, 'link' | 'codec'>): string {
  return `${link.id} ${codec}`;
}

/** What of a setup may change in place. */
function ratesOf({ quality, maxFps, bitrateKbps }: StreamSettings) {
  const downlinkKbps = Math.min(bitrateKbps * STREAM.downlinkBitrateFactor, STREAM.maxBitrateKbps);
  return { quality, fps: maxFps, uplinkKbps: bitrateKbps, downlinkKbps };
}
