import { MeshError } from '../../../shared/errors.ts';
import type { Capabilities, ControlMessage, StreamSetup } from '../../../shared/messages.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { isNetwork, upscale } from '../../../shared/tasks/upscale.ts';
import type { VolunteerTrust } from '../../net/volunteer-trust.ts';
import { type Codec, commonCodecs } from '../codec/codecs.ts';
import type { StreamSize } from '../frame-size.ts';
import type { StreamSettings } from '../settings.ts';
import { STREAM } from '../tuning.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

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

export interface StreamNegotiatorOptions {
  /** Those linked now. */
  links(): StreamLink[];
  trust: VolunteerTrust;
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

interface Asked extends Candidate {
  setup: StreamSetup & { codec: Codec };
  askedMs: number;
  isReady: boolean;
  stopListening(): void;
}

/**
 * Keeps a stream's volunteers: sets up those predicted to be fastest over the control channel, as many as one stream may have, and others when
 * some leave, refuse or fail. One that failed with a codec is asked again for that codec only after a while.
 */
export class StreamNegotiator {
  readonly #options: StreamNegotiatorOptions;
  /** Until when, by link and codec. */
  readonly #barred = new Map<string, number>();
  /** Asked or ready, by link. */
  readonly #asked = new Map<string, Asked>();
  #wanted: { size: StreamSize; settings: StreamSettings } | null = null;
  #lastError: MeshError | null = null;

  constructor(options: StreamNegotiatorOptions) {
    this.#options = options;
  }

  /** Why the last volunteer was let go; null since another one became ready. */
  get lastError(): MeshError | null {
    return this.#lastError;
  }

  /** What frames are to become. Another size is another stream; everything else is changed in place. */
  want(size: StreamSize, settings: StreamSettings): void {
    const isOver = this.#wanted?.size !== size || settings.where === 'local';
    this.#wanted = { size, settings };
    for (const asked of [...this.#asked.values()]) {
      if (isOver) this.#release(asked);
      else if (asked.isReady) this.#change(asked);
    }
    this.look();
  }

  /** To be called when links came or went, and every now and then. */
  look(): void {
    const { links, now } = this.#options;
    const nowMs = now();
    for (const [key, untilMs] of this.#barred) if (untilMs <= nowMs) this.#barred.delete(key);
    for (const asked of [...this.#asked.values()]) {
      const { link } = asked;
      if (!links().some(({ id }) => id === link.id)) this.#release(asked);
      else if (!asked.isReady && nowMs - asked.askedMs > STREAM.openTimeoutMs) {
        this.#fail(asked, MeshError.timeout(`Setting up ${link.name}`, STREAM.openTimeoutMs));
      }
    }
    this.#fill();
  }

  /** The route of this stream failed in the worker, which has already removed it. */
  routeFailed(streamId: number, error: MeshError): void {
    const asked = this.#withStream(streamId);
    if (asked) this.#fail(asked, error);
  }

  #fail(asked: Asked, error: MeshError): void {
    const { now, trust } = this.#options;
    this.#barred.set(barKey(asked), now() + STREAM.retryAfterMs);
    this.#forget(asked);
    this.#lastError = error;
    if (error.reason === 'verify-failed') trust.wrong({ volunteerId: asked.link.id, work: 'stream', error });
    this.#fill();
  }

  /** No volunteer is wanted any more. */
  release(): void {
    this.#wanted = null;
    for (const asked of [...this.#asked.values()]) this.#release(asked);
  }

  /** Asks the best of those that were not, until there are enough. */
  #fill(): void {
    if (!this.#wanted || this.#wanted.settings.where === 'local') return;
    const { size, settings } = this.#wanted;
    const places = STREAM.maxVolunteers - this.#asked.size;
    for (const candidate of this.#candidates(size, settings).slice(0, Math.max(0, places))) {
      this.#ask(candidate, size, settings);
    }
  }

  /** Fastest first. */
  #candidates(size: StreamSize, { quality }: StreamSettings): Candidate[] {
    const candidates: Candidate[] = [];
    // Where every stream begins that wants a network (quality-governor.ts).
    const firstQuality = isNetwork(quality) ? 'spatial' : quality;
    for (const link of this.#options.links()) {
      const speed = link.capabilities.backends.upscale?.unitsPerMs ?? 0;
      const codec = commonCodecs(this.#options.codecs, link.capabilities.codecs).find(
        (common) => !this.#barred.has(barKey({ link, codec: common })),
      );
      if (!codec || speed <= 0 || this.#asked.has(link.id)) continue;
      const predictedMs =
        link.rttMs() + upscale.cost({ ...size, quality: firstQuality }) / speed + STREAM.assumedCodecMs;
      candidates.push({ link, codec, predictedMs });
    }
    return candidates.sort((a, b) => a.predictedMs - b.predictedMs);
  }

  #withStream(streamId: number): Asked | undefined {
    return [...this.#asked.values()].find(({ setup }) => setup.streamId === streamId);
  }

  #ask(candidate: Candidate, size: StreamSize, settings: StreamSettings): void {
    const { link, codec } = candidate;
    const setup = { streamId: this.#options.nextStreamId(), codec, ...size, ...ratesOf(settings) };
    const stopListening = link.onControl((message) => this.#heard(setup.streamId, message));
    this.#asked.set(link.id, { ...candidate, setup, askedMs: this.#options.now(), isReady: false, stopListening });
    link.ensureVideo();
    link.sendControl({ kind: 'stream-setup', setup });
  }

  #change(asked: Asked): void {
    if (!this.#wanted) return;
    const rates = ratesOf(this.#wanted.settings);
    const { quality, fps } = asked.setup;
    if (rates.quality === quality && rates.fps === fps) return;
    asked.setup = { ...asked.setup, ...rates };
    asked.link.sendControl({ kind: 'stream-setup', setup: asked.setup });
  }

  #heard(streamId: number, message: ControlMessage): void {
    if (!('streamId' in message) || message.streamId !== streamId) return;
    const asked = this.#withStream(streamId);
    if (!asked) return;
    if (message.kind === 'stream-failed') {
      if (asked.isReady) this.#options.drop(streamId);
      this.#fail(asked, MeshError.from(message.error));
    } else if (message.kind === 'stream-ready' && !asked.isReady) this.#ready(asked);
  }

  #ready(asked: Asked): void {
    const { link, setup, predictedMs } = asked;
    asked.isReady = true;
    this.#lastError = null;
    const refused = (cause: unknown) => this.routeFailed(setup.streamId, MeshError.from(cause));
    this.#options.use({ volunteerId: link.id, name: link.name, setup, predictedMs }).catch(refused);
    // What was wanted may have changed while it was being set up.
    this.#change(asked);
  }

  #release(asked: Asked): void {
    if (asked.isReady) this.#options.drop(asked.setup.streamId);
    this.#forget(asked);
  }

  #forget({ link, setup, stopListening }: Asked): void {
    this.#asked.delete(link.id);
    stopListening();
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
  const downlinkKbps = Math.min(bitrateKbps * STREAM.downlinkBitrateFactor, STREAM_LIMITS.maxBitrateKbps);
  return { quality, fps: maxFps, uplinkKbps: bitrateKbps, downlinkKbps };
}
