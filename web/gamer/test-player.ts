import { signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { StreamOptions } from '../sdk/types.ts';
import type { Client, FrameStream } from './client.ts';
import { Player } from './player.ts';
import { type CaptureKind, isCaptured, type LiveSource, type SourceChoice, type SourceHandlers } from './source.ts';
import { streamStats } from './test-figures.ts';

/** Elements are only passed on, so a stub is enough. */
const element = () => ({}) as HTMLCanvasElement;

/** Fake sources and streams for a {@link Player} that record whether they are open. */
export class PlayerRig {
  readonly open = new Set<string>();
  readonly log: string[] = [];
  /** Qualities that streams were opened with or set to, in order. */
  readonly qualities: unknown[] = [];
  failure: MeshError | null = null;
  /** The person's answer to a camera prompt. */
  answer: () => Promise<MediaStreamTrack> = async () => this.track();
  end: (error: MeshError) => void = () => {};
  /** What happens while a source opens. */
  opening: (onError: (error: MeshError) => void) => void = () => {};
  #count = 0;

  readonly openSource = async (choice: SourceChoice, { onError }: SourceHandlers): Promise<LiveSource> => {
    if (this.failure) throw this.failure;
    this.opening(onError);
    this.end = onError;
    const name = this.#begin(`source ${choice.kind}`);
    const dispose = () => {
      this.#end(name);
      if (isCaptured(choice)) choice.track.stop();
    };
    const size = signal({ width: 4, height: 2 });
    return { kind: 'video', element: element(), size, frames: element(), sound: null, play: null, dispose };
  };

  readonly capture = async (kind: CaptureKind) => ({ kind, track: await this.answer() });

  /** A camera track, counted as open until it is stopped. */
  track(): MediaStreamTrack {
    const name = this.#begin('track');
    const track = { readyState: 'live', stop: () => this.#end(name) };
    return track as MediaStreamTrack;
  }

  player(): Player {
    return new Player(this.openSource, this.capture);
  }

  readonly client: Client = Object.assign(new EventTarget(), {
    state: 'online' as const,
    volunteers: [],
    hasLobby: false,
    interrupted: 0,
    isPolling: false,
    ...{ room: 'r', isOwner: true, isInviteOnly: true, mayInvite: true },
    revokeInvite: async () => {},
    removeVolunteer: async () => {},
    gamers: async () => [],
    removeGamer: async () => {},
    setRelayOnly: () => {},
    setLobby: async () => {},
    createInvite: async () => ({ url: '', token: '' }),
    createInviteCode: async () => ({ code: '', shortUrl: '' }),
    submitTask: (): never => {
      throw MeshError.closed('The client');
    },
    openStream: async (_source: unknown, options: StreamOptions = {}): Promise<FrameStream> => {
      this.qualities.push(options.quality);
      const name = this.#begin(`stream ${options.where} ${options.scale}`);
      return {
        canvas: element(),
        before: element(),
        pair: async () => null,
        stats: () => streamStats(),
        set: ({ where, quality }: StreamOptions) => {
          this.log.push(`set ${where}`);
          this.qualities.push(quality);
        },
        close: async () => this.#end(name),
      } as FrameStream;
    },
    diagnostics: async () => ({}),
    close: async () => {},
  });

  #begin(what: string): string {
    const name = `${what} #${++this.#count}`;
    this.open.add(name);
    this.log.push(what);
    return name;
  }

  #end(name: string): void {
    this.open.delete(name);
  }
}

export const VIDEO_FILE = new File(['x'], 'clip.mp4', { type: 'video/mp4' });
