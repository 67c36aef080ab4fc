import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { VolunteerTrust } from '../net/volunteer-trust.ts';
import { type Attachment, type AttachOptions, attach } from './attach/attachment.ts';
import { streamDiagnostics } from './diagnostics.ts';
import type { StreamDiagnostics } from './diagnostics-types.ts';
import { openFrameStream } from './frame-stream.ts';
import type { GamerRoom } from './gamer-room.ts';
import type { LocalEngineClient } from './local-engine-client.ts';
import type { FrameStream, StreamOptions, StreamSource, Where } from './types.ts';

interface GamerStreamsOptions {
  engine: LocalEngineClient;
  trust: VolunteerTrust;
  room: GamerRoom;
  /** Returns a function that removes the listener. */
  onVolunteersChanged(listener: () => void): () => void;
  defaultWhere: Where;
}

/** A client's streams, and the elements of the page that show the pictures of some. */
export class GamerStreams {
  readonly #options: GamerStreamsOptions;
  readonly #streams = new Set<FrameStream>();
  readonly #attachments = new Set<Attachment>();
  #isClosed = false;

  constructor(options: GamerStreamsOptions) {
    this.#options = options;
  }

  /** Throws MeshError `unsupported-browser`, `bad-input`, `source-ended`, `closed`. */
  async open(source: StreamSource, options: StreamOptions): Promise<FrameStream> {
    if (this.#isClosed) throw MeshError.closed('The client');
    const { engine, trust, room, onVolunteersChanged, defaultWhere } = this.#options;
    const opening = openFrameStream(
      {
        ...{ trust, defaultWhere, now: systemClock.now, onLinksChanged: onVolunteersChanged },
        streams: engine.streams(),
        links: () => room.streamLinks(),
        onClosed: (closed) => this.#streams.delete(closed),
      },
      source,
      options,
    );
    const stream = await Promise.race([opening, engine.failed()]);
    this.#streams.add(stream);
    if (!this.#isClosed) return stream;
    // The client was closed meanwhile, together with the streams that were open then.
    await stream.close();
    throw MeshError.closed('The client');
  }

  /** Throws MeshError `bad-input`, `unsupported-browser`, `source-ended`, `closed`. */
  async attach(element: HTMLCanvasElement | HTMLVideoElement, options: AttachOptions): Promise<Attachment> {
    const { room, onVolunteersChanged } = this.#options;
    const attachment = await attach(
      {
        ...{ onVolunteersChanged, now: systemClock.now },
        openStream: (source, streamOptions) => this.open(source, streamOptions),
        volunteers: () => room.volunteers,
        onDetached: (detached) => this.#attachments.delete(detached),
      },
      element,
      options,
    );
    this.#attachments.add(attachment);
    if (!this.#isClosed) return attachment;
    await attachment.detach();
    throw MeshError.closed('The client');
  }

  diagnostics(): StreamDiagnostics[] {
    return [...this.#streams].map(streamDiagnostics);
  }

  /** Ends all streams, and has the elements show their own pictures. From now on {@link open} throws. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#attachments].map((attachment) => attachment.detach()));
    await Promise.all([...this.#streams].map((stream) => stream.close()));
  }
}
