import { MeshError, type MeshErrorReason } from '../../../shared/errors.ts';
import { logger, shortId } from '../../../shared/log.ts';
import type { Capabilities, ControlMessage } from '../../../shared/messages.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { quotedName } from '../../../shared/quoting.ts';
import { isNetwork, upscale } from '../../../shared/tasks/upscale.ts';
import { errorOfPeer } from '../../net/peer-error.ts';
import type { VolunteerTrust } from '../../net/volunteer-trust.ts';
import { type CheckedSetup, type Codec, commonCodecs } from '../codec/codecs.ts';
import type { StreamSize } from '../frame-size.ts';
import { bestOf, isHelpPossible, type StreamSettings } from '../settings.ts';
import { detailCoding } from './detail-tuning.ts';
import { RetryBackoff } from './retry-backoff.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

const log = logger('stream.negotiator');

/**
 * Volunteers set up for one stream. Of detail, two share the work or stand by; more help only slow ones. Pictures of several volunteers
 * would differ visibly.
 */
export const MAX_VOLUNTEERS = { detail: 4, picture: 1 } as const;
/** How long a volunteer may take to set up a stream, ms: codecs, a model and the first keyframe. */
export const SETUP_TIMEOUT_MS = 10_000;
/** Time for both codecs on both machines until it is measured, ms: 720p in software. */
const ASSUMED_CODEC_MS = 20;
/**
 * Bitrate of the downlink relative to the uplink. Pictures have scale^2 the pixels, but a sharp game picture needs only about this factor;
 * detail is nothing but the edges of them, in luma (`bench -- glass`).
 */
const DOWNLINK_BITRATE_FACTOR = { detail: 0.5, picture: 2.5 } as const;
/** What another codec, or a new connection of the same volunteer, may put right at once. Any other failure is of the volunteer, whatever the codec. */
const NOT_OF_VOLUNTEER: readonly MeshErrorReason[] = [
  'unsupported-browser',
  'malformed',
  'closed',
  'connection-failed',
];

/** A linked volunteer, as a stream sees it. */
export interface StreamLink {
  id: string;
  name: string;
  capabilities: Capabilities;
  rttMs(): number;
  sendControl(message: ControlMessage): void;
  /** Returns a function that removes the listener. */
  onControl(listener: (message: ControlMessage) => void): () => void;
  /** Opens the link's video channel and moves it to the worker, unless that was done before. */
  ensureVideo(): void;
}

export interface StreamNegotiatorOptions {
  /** The volunteers that are linked now. */
  links(): StreamLink[];
  trust: VolunteerTrust;
  now(): number;
  /** Never returns the same id twice for one link. */
  nextStreamId(): number;
  /** Codecs that this browser encodes and decodes, best first. */
  codecs: readonly Codec[];
  /** Lets the worker send frames to a volunteer that is ready. A rejection counts as a failure of the volunteer. */
  addRoute(ready: ReadyVolunteer): Promise<void>;
  /** Makes the worker send no more frames on this route. */
  removeRoute(streamId: number): void;
}

interface Candidate {
  link: StreamLink;
  codec: Codec;
  predictedMs: number;
}

/** A volunteer that was asked for a stream, and its answer. */
interface Negotiation extends Candidate {
  setup: CheckedSetup;
  askedMs: number;
  isReady: boolean;
  stopListening(): void;
}

/**
 * Negotiates one stream with volunteers over the control channel. Sets up the volunteers that are predicted to be fastest, up to
 * {@link MAX_VOLUNTEERS}, and replaces those that leave, refuse or fail. A volunteer that failed is not asked for a while, and longer each time; where a
 * codec may be the cause, that holds for this codec only.
 */
export class StreamNegotiator {
  readonly #options: StreamNegotiatorOptions;
  /** By link, or by link and codec. */
  readonly #backoff: RetryBackoff;
  /** By link id. */
  readonly #negotiations = new Map<string, Negotiation>();
  #wanted: { size: StreamSize; settings: StreamSettings } | null = null;
  #lastError: MeshError | null = null;

  constructor(options: StreamNegotiatorOptions) {
    this.#options = options;
    this.#backoff = new RetryBackoff(options.now);
  }

  /** Why the last volunteer failed; null once another one is ready. */
  get lastError(): MeshError | null {
    return this.#lastError;
  }

  /** Negotiates for frames of this size. Another size needs new streams at the volunteers; other settings change in place. */
  request(size: StreamSize, settings: StreamSettings): void {
    const isOver = this.#wanted?.size !== size || !wantsHelp(settings);
    this.#wanted = { size, settings };
    for (const negotiation of [...this.#negotiations.values()]) {
      if (isOver) this.#release(negotiation);
      else if (negotiation.isReady) this.#update(negotiation);
    }
    this.refresh();
  }

  /** To be called when links came or went, and regularly: notices timeouts and asks more volunteers. */
  refresh(): void {
    const { links, now } = this.#options;
    const nowMs = now();
    for (const negotiation of [...this.#negotiations.values()]) {
      const { link, isReady, askedMs } = negotiation;
      if (!links().some(({ id }) => id === link.id)) this.#release(negotiation);
      else if (!isReady && nowMs - askedMs > SETUP_TIMEOUT_MS) {
        this.#fail(negotiation, MeshError.timeout(`Setting up ${quotedName(link.name)}`, SETUP_TIMEOUT_MS));
      }
    }
    this.#askMore();
  }

  /** The route with this id failed in the worker, which has already removed it. */
  routeFailed(streamId: number, error: MeshError): void {
    const negotiation = this.#find(streamId);
    if (negotiation) this.#fail(negotiation, error);
  }

  /** Ends the stream at all volunteers. */
  releaseAll(): void {
    this.#wanted = null;
    for (const negotiation of [...this.#negotiations.values()]) this.#release(negotiation);
  }

  #askMore(): void {
    if (!this.#wanted || !wantsHelp(this.#wanted.settings)) return;
    const { size, settings } = this.#wanted;
    const places = Math.max(0, MAX_VOLUNTEERS[settings.transport] - this.#negotiations.size);
    for (const candidate of this.#candidates(size, settings).slice(0, places)) this.#ask(candidate, size, settings);
  }

  /** Volunteers that may be asked, the fastest first. */
  #candidates(size: StreamSize, settings: StreamSettings): Candidate[] {
    const candidates: Candidate[] = [];
    const quality = bestOf(settings.quality);
    // A stream that wants a network starts with this one (quality-governor.ts).
    const firstQuality = isNetwork(quality) ? 'spatial' : quality;
    for (const link of this.#options.links()) {
      const speed = link.capabilities.backends.upscale?.unitsPerMs ?? 0;
      const codec = commonCodecs(this.#options.codecs, link.capabilities.codecs).find(
        (common) => !this.#backoff.has(codecKey({ link, codec: common })),
      );
      if (!codec || speed <= 0 || this.#negotiations.has(link.id) || this.#backoff.has(link.id)) continue;
      const predictedMs = link.rttMs() + upscale.cost({ ...size, quality: firstQuality }) / speed + ASSUMED_CODEC_MS;
      candidates.push({ link, codec, predictedMs });
    }
    return candidates.sort((a, b) => a.predictedMs - b.predictedMs);
  }

  #find(streamId: number): Negotiation | undefined {
    return [...this.#negotiations.values()].find(({ setup }) => setup.streamId === streamId);
  }

  #ask(candidate: Candidate, size: StreamSize, settings: StreamSettings): void {
    const { link, codec } = candidate;
    const changeable = adjustable(settings);
    const detail = settings.transport === 'detail' ? detailCoding(changeable.downlinkKbps) : null;
    const setup = { streamId: this.#options.nextStreamId(), codec, ...size, ...changeable, detail };
    const stopListening = link.onControl((message) => this.#onControl(setup.streamId, message));
    const askedMs = this.#options.now();
    this.#negotiations.set(link.id, { ...candidate, setup, askedMs, isReady: false, stopListening });
    const { width, height, outWidth, outHeight, quality } = setup;
    const sizes = { width, height, outWidth, outHeight };
    log.info('asked', { ...logFieldsOf(link, setup), quality, ...sizes, predictedMs: candidate.predictedMs });
    link.ensureVideo();
    link.sendControl({ kind: 'stream-setup', setup });
  }

  /** Sends the volunteer what has changed since its setup. */
  #update(negotiation: Negotiation): void {
    if (!this.#wanted) return;
    const wanted = adjustable(this.#wanted.settings);
    const { quality, fps } = negotiation.setup;
    if (wanted.quality === quality && wanted.fps === fps) return;
    negotiation.setup = { ...negotiation.setup, ...wanted };
    negotiation.link.sendControl({ kind: 'stream-setup', setup: negotiation.setup });
  }

  #onControl(streamId: number, message: ControlMessage): void {
    if (!('streamId' in message) || message.streamId !== streamId) return;
    const negotiation = this.#find(streamId);
    if (!negotiation) return;
    if (message.kind === 'stream-failed') {
      if (negotiation.isReady) this.#options.removeRoute(streamId);
      this.#fail(negotiation, errorOfPeer(message.error, 'volunteer'));
    } else if (message.kind === 'stream-ready' && !negotiation.isReady) this.#ready(negotiation);
  }

  #ready(negotiation: Negotiation): void {
    const { link, setup, predictedMs } = negotiation;
    negotiation.isReady = true;
    this.#lastError = null;
    log.info('ready', { ...logFieldsOf(link, setup), tookMs: this.#options.now() - negotiation.askedMs });
    this.#options
      .addRoute({ volunteerId: link.id, name: link.name, setup, predictedMs })
      .catch((cause: unknown) => this.routeFailed(setup.streamId, MeshError.from(cause)));
    // The settings may have changed while it was being set up.
    this.#update(negotiation);
  }

  /** The volunteer failed, and the worker has no route to it. */
  #fail(negotiation: Negotiation, error: MeshError): void {
    const { trust } = this.#options;
    log.warn('failed', { ...logFieldsOf(negotiation.link, negotiation.setup), reason: error.reason });
    const key = NOT_OF_VOLUNTEER.includes(error.reason) ? codecKey(negotiation) : negotiation.link.id;
    this.#backoff.failed(key, { countsAsFailure: negotiation.isReady });
    this.#end(negotiation);
    this.#lastError = error;
    // The link of a hostile volunteer may have ended, and it been barred for that, before.
    if (error.reason === 'verify-failed' && !trust.isBarred(negotiation.link.id)) {
      trust.wrong({ volunteerId: negotiation.link.id, work: 'stream', error });
    }
    this.#askMore();
  }

  /** The volunteer is no longer wanted, or has left. */
  #release(negotiation: Negotiation): void {
    log.info('released', logFieldsOf(negotiation.link, negotiation.setup));
    if (negotiation.isReady) this.#options.removeRoute(negotiation.setup.streamId);
    this.#end(negotiation);
  }

  #end({ link, setup, stopListening }: Negotiation): void {
    this.#negotiations.delete(link.id);
    stopListening();
    if (this.#options.links().some(({ id }) => id === link.id)) {
      link.sendControl({ kind: 'stream-close', streamId: setup.streamId });
    }
  }
}

function wantsHelp(settings: StreamSettings): boolean {
  return settings.where !== 'local' && isHelpPossible(settings);
}

function logFieldsOf({ id }: StreamLink, { streamId, codec }: Negotiation['setup']) {
  return { volunteer: shortId(id), stream: streamId, codec };
}

function codecKey({ link, codec }: Pick<Candidate, 'link' | 'codec'>): string {
  return `${link.id} ${codec}`;
}

/** The part of a setup that can change while the stream runs. */
function adjustable({ quality, maxFps, bitrateKbps, transport }: StreamSettings) {
  const wantedKbps = bitrateKbps * DOWNLINK_BITRATE_FACTOR[transport];
  const downlinkKbps = Math.min(Math.max(wantedKbps, STREAM_LIMITS.minBitrateKbps), STREAM_LIMITS.maxBitrateKbps);
  return { quality: bestOf(quality), fps: maxFps, uplinkKbps: bitrateKbps, downlinkKbps };
}
