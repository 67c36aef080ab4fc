import { signal } from '@preact/signals';
import { describe, expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { StreamOptions } from '../sdk/types.ts';
import type { Client, FrameStream } from './client.ts';
import { Player } from './player.ts';
import { type CaptureKind, isCaptured, type LiveSource, type SourceChoice, type SourceHandlers } from './source.ts';
import { streamStats } from './test-figures.ts';

/** Elements are only passed on, so a stub is enough. */
const element = () => ({}) as HTMLCanvasElement;

/** Fake sources and streams that record whether they are open. */
class Bench {
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

const TEXT = new File(['x'], 'notes.txt', { type: 'text/plain' });
const FILE = new File(['x'], 'clip.mp4', { type: 'video/mp4' });

describe('the player', () => {
  it('shows the source at once, and sharpens it once there is a client', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(null);
    expect(player.source.value).not.toBeNull();
    expect(player.output.value).toBeNull();
    await player.useClient(bench.client);
    expect(player.output.value).not.toBeNull();
    expect(bench.log.filter((line) => line.startsWith('source'))).toEqual(['source game']);
    await player.close();
  });

  it('leaves nothing open when sources change quickly or the player is closed', async () => {
    const bench = new Bench();
    const player = bench.player();
    void player.useClient(bench.client);
    void player.choose({ kind: 'video', file: FILE });
    void player.choose({ kind: 'game' });
    await player.choose({ kind: 'video', file: FILE });
    expect(bench.open.size).toBe(2);
    await player.close();
    expect([...bench.open]).toEqual([]);
    expect(player.source.value).toBeNull();
  });

  it('applies settings changed while a stream opens', async () => {
    const bench = new Bench();
    const player = bench.player();
    const opening = player.useClient(bench.client);
    player.setWhere('volunteers');
    await opening;
    expect(bench.log.at(-1)).toBe('set volunteers');
    await player.close();
  });

  it('leaves the quality to the machines until one is chosen, and again when the choice is taken back', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    expect(new Set(bench.qualities)).toEqual(new Set(['auto']));
    player.setQuality('fast');
    player.setQuality('auto');
    expect(bench.qualities.slice(-2)).toEqual(['fast', 'auto']);
    await player.close();
  });

  it('opens with what was chosen before', async () => {
    const bench = new Bench();
    const choices = { mode: 'compare', where: 'local', quality: 'fast', scale: 3 } as const;
    const player = new Player(bench.openSource, bench.capture, choices);
    await player.useClient(bench.client);
    expect(bench.log).toContain('stream local 3');
    expect([player.mode.value, player.quality.value, bench.qualities[0]]).toEqual(['compare', 'fast', 'fast']);
    await player.close();
  });

  it('keeps the source when only the scale changes', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    await player.setScale(3);
    expect(bench.log.filter((line) => !line.startsWith('set'))).toEqual([
      'source game',
      'stream auto 2',
      'stream auto 3',
    ]);
    await player.close();
  });

  it('refuses a file that is neither picture nor video, and keeps the source', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    const shown = player.output.value;
    await player.chooseFile(TEXT);
    expect(player.refusal.value?.error.message).toContain('notes.txt');
    expect(player.error.value).toBeNull();
    expect(player.output.value).toBe(shown);
    await player.chooseFile(FILE);
    expect(player.refusal.value).toBeNull();
    expect(player.choice.value.kind).toBe('video');
    await player.close();
  });

  it('reports a source that cannot be opened, and opens the next one', async () => {
    const bench = new Bench();
    const player = bench.player();
    bench.failure = new MeshError('unsupported-browser', 'No game here.');
    await player.useClient(bench.client);
    expect(player.error.value?.reason).toBe('unsupported-browser');
    bench.failure = null;
    await player.choose({ kind: 'video', file: FILE });
    expect(player.error.value).toBeNull();
    expect(player.output.value).not.toBeNull();
    await player.close();
  });

  it.each(['game', 'image', 'video', 'screen', 'camera'] as const)(
    'leaves the running session and its source as they were when a %s cannot be shown, and says so',
    async (kind) => {
      const bench = new Bench();
      const player = bench.player();
      await player.useClient(bench.client);
      const { source, output, choice } = player;
      const before = [source.value, output.value, choice.value];
      const log = [...bench.log];
      bench.failure = MeshError.badInput('It cannot be shown.');
      if (kind === 'screen' || kind === 'camera') await player.startCapture(kind);
      else await player.choose(kind === 'game' ? { kind } : { kind, file: FILE });
      expect(player.refusal.value).toEqual({ kind, error: bench.failure });
      expect(player.error.value).toBeNull();
      expect([source.value, output.value, choice.value]).toEqual(before);
      // A camera that was allowed does not run on unseen.
      expect(bench.log.filter((line) => line !== 'track')).toEqual(log);
      expect([...bench.open].filter((name) => name.startsWith('track'))).toEqual([]);
      await player.close();
    },
  );

  it('is not broken by what a source reports while it cannot be opened, and is told what one reports that is about to be shown', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    const failure = new MeshError('device-lost', 'No WebGL.');
    bench.opening = (onError) => {
      onError(failure);
      throw failure;
    };
    await player.choose({ kind: 'game' });
    expect([player.error.value, player.refusal.value?.error]).toEqual([null, failure]);
    bench.opening = () => {};
    const choosing = player.choose({ kind: 'video', file: FILE });
    await Promise.resolve();
    bench.end(new MeshError('source-ended', 'It breaks off.'));
    await choosing;
    expect([player.choice.value.kind, player.error.value?.message]).toEqual(['video', 'It breaks off.']);
    await player.close();
  });

  it('ends a camera at once when told to, also where the game does not come back', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    const tracks = () => [...bench.open].filter((name) => name.startsWith('track'));
    await player.startCapture('camera');
    bench.failure = new MeshError('unsupported-browser', 'No game here.');
    const stopping = player.stopCapture();
    expect(tracks()).toEqual([]);
    await stopping;
    await player.setScale(3);
    expect(player.error.value?.reason).toBe('source-ended');
    expect(player.refusal.value).toEqual({ kind: 'game', error: bench.failure });
    bench.failure = null;
    await player.startCapture('camera');
    await player.stopCapture();
    expect([player.choice.value.kind, player.error.value]).toEqual(['game', null]);
    expect(tracks()).toEqual([]);
    await player.close();
  });

  it('opens a file while the source goes on, and releases it when something else is chosen meanwhile', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    await Promise.all([player.choose({ kind: 'video', file: FILE }), player.choose({ kind: 'game' })]);
    expect(player.choice.value.kind).toBe('game');
    expect([...bench.open].filter((name) => name.startsWith('source'))).toEqual([
      expect.stringMatching(/^source game/),
    ]);
    const files = [player.choose({ kind: 'video', file: FILE }), player.choose({ kind: 'image', file: FILE })];
    await Promise.all(files);
    expect(player.choice.value.kind).toBe('image');
    expect([...bench.open].filter((name) => name.startsWith('source'))).toHaveLength(1);
    await player.close();
    expect([...bench.open]).toEqual([]);
  });

  it('keeps the source and says so when the person refuses the camera', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    const shown = player.output.value;
    const refusal = new MeshError('cancelled', 'The camera was not allowed.');
    bench.answer = () => Promise.reject(refusal);
    await player.startCapture('camera');
    expect(player.refusal.value).toEqual({ kind: 'camera', error: refusal });
    expect([player.choice.value.kind, player.error.value]).toEqual(['game', null]);
    expect(player.output.value).toBe(shown);
    await player.close();
  });

  it('shows a camera, and stops it when another source is chosen', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    await player.startCapture('camera');
    expect(player.choice.value.kind).toBe('camera');
    expect([...bench.open].filter((name) => name.startsWith('track'))).toHaveLength(1);
    await player.choose({ kind: 'game' });
    expect([...bench.open].filter((name) => name.startsWith('track'))).toEqual([]);
    await player.close();
  });

  it('stops a camera that is no longer wanted', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    let allow: (track: MediaStreamTrack) => void = () => {};
    bench.answer = () => new Promise((resolve) => (allow = resolve));
    const asking = player.startCapture('camera');
    await player.choose({ kind: 'video', file: FILE });
    allow(bench.track());
    await asking;
    expect(player.choice.value.kind).toBe('video');
    // Chosen twice before the first could be opened.
    void player.choose({ kind: 'camera', track: bench.track() });
    void player.choose({ kind: 'screen', track: bench.track() });
    await player.close();
    expect([...bench.open]).toEqual([]);
  });

  it('goes on saying why a source broke off when the scale or the client changes, until it is opened again', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    await player.choose({ kind: 'video', file: FILE });
    const breaksOff = new MeshError('source-ended', 'It breaks off at 0:07.');
    bench.end(breaksOff);
    const told: unknown[] = [];
    const stop = player.error.subscribe((error) => void told.push(error));
    await player.setScale(3);
    await player.useClient(null);
    await player.useClient(bench.client);
    stop();
    expect(told).toEqual([breaksOff]);
    await player.retry();
    expect(player.error.value).toBeNull();
    await player.close();
  });

  it('keeps the last picture when sharing ends, and asks again when told to', async () => {
    const bench = new Bench();
    const player = bench.player();
    await player.useClient(bench.client);
    await player.startCapture('screen');
    const shown = player.output.value;
    bench.end(new MeshError('source-ended', 'Sharing has stopped.'));
    expect(player.error.value?.reason).toBe('source-ended');
    expect(player.output.value).toBe(shown);
    await player.startCapture('screen');
    expect(player.error.value).toBeNull();
    expect(bench.log.filter((line) => line === 'source screen')).toHaveLength(2);
    await player.close();
    expect([...bench.open]).toEqual([]);
  });
});
