import { type ReadonlySignal, signal } from '@preact/signals';
import { lacking } from '../../shared/browser-needs.ts';
import { MeshError } from '../../shared/errors.ts';
import { openFrameSource } from './frame-output.ts';
import type { FromGame, PartRequest, PartResult, RacePart, ToGame } from './messages.ts';
import { PlayerInput } from './player-input.ts';
import type { RaceState } from './simulation/race.ts';
import type { RaceEvent } from './simulation/race-events.ts';
import { GameSound } from './sound/game-sound.ts';

export type { Controls } from './simulation/craft.ts';
export type { RaceState } from './simulation/race.ts';

/** Pixels. Modest machines can draw it, and a volunteer doubles it to 720p. */
export const GAME_SIZE = { width: 640, height: 360 } as const;

const OTHER_SOURCES = 'Pick an image instead.';

export interface BuiltInGameOptions {
  /** Size of the picture, pixels. Default {@link GAME_SIZE}. */
  width?: number;
  height?: number;
  /** The same seed gives the same track and city. */
  seed?: number;
  /** Default: the system's setting. */
  reducedMotion?: boolean;
  /** Called a few times a second, and whenever a person starts or stops playing. */
  onState?(state: RaceState): void;
  /** Called with what happens to the rivals, a few times a second; empty where nothing did. */
  onEvents?(events: RaceEvent[]): void;
  /** Computes a part of the game; null when nobody did. Must not reject. Without it the game computes everything itself. */
  work?(request: PartRequest<RacePart>): Promise<PartResult<RacePart> | null>;
  /** Called when the game is paused, and when it goes on. */
  onPaused?(isPaused: boolean): void;
  /** Called when the game cannot start or go on, with MeshError `unsupported-browser` or `device-lost`. */
  onError?(error: MeshError): void;
}

/** The sound of a game, while it is connected. */
export interface ConnectedSound {
  /** A rival speaks on the radio. */
  radioCall(): void;
  disconnect(): void;
}

/**
 * The game of the gamer page. With game-work.ts the public interface of web/game. It runs in a worker; the page only forwards keys and
 * pointers.
 */
export class BuiltInGame {
  /** Resolves when the first frame is drawn. Rejects with the MeshError that `onError` gets. */
  readonly ready: Promise<void>;
  /** For `GamerClient.openStream`. A track where the browser can make one; else a stream, which can be opened only once. */
  readonly source: MediaStreamTrack | ReadableStream<VideoFrame>;
  /** False while it is paused, by the person or because nobody can see it. */
  readonly isRunning: ReadonlySignal<boolean>;
  readonly #worker: Worker;
  readonly #running = signal(!document.hidden);
  readonly #ending = new AbortController();
  readonly #seed: number;
  #sound: GameSound | null = null;
  readonly #inputs = new Set<PlayerInput>();
  readonly #options: BuiltInGameOptions;
  #settleReady: { resolve(): void; reject(error: MeshError): void } = { resolve: () => {}, reject: () => {} };
  #isPaused = false;
  #isDisposed = false;

  /**
   * @param canvas - must have no context yet. The worker takes over its drawing for good, and sets its size.
   * Throws MeshError `unsupported-browser`, or `bad-input` for a canvas already in use.
   */
  constructor(canvas: HTMLCanvasElement, options: BuiltInGameOptions = {}) {
    const { width = GAME_SIZE.width, height = GAME_SIZE.height, seed = 1 } = options;
    if (typeof OffscreenCanvas === 'undefined' || !canvas.transferControlToOffscreen) {
      throw lacking('offscreenCanvas', OTHER_SOURCES);
    }
    if (typeof VideoFrame === 'undefined') throw lacking('webCodecs', OTHER_SOURCES);
    this.#options = options;
    this.#seed = seed;
    this.isRunning = this.#running;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // `onError` reports it too, so nobody has to handle the rejection.
    this.ready.catch(() => {});
    const drawing = takeControl(canvas, width, height);
    const { source, way } = openFrameSource();
    this.source = source;
    document.addEventListener('visibilitychange', () => this.#noteRunning(), { signal: this.#ending.signal });
    this.#worker = new Worker(new URL('./game.worker.ts', import.meta.url), { type: 'module', name: 'built-in game' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromGame>) => this.#received(data));
    this.#worker.addEventListener('error', ({ message }) => {
      // Without a message nothing of it ran.
      const why = message || 'its file could not be fetched';
      this.#fail(new MeshError('unsupported-browser', `The game could not be loaded (${why}). Reload the page.`));
    });
    const isCalm = options.reducedMotion ?? matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#send({ kind: 'start', canvas: drawing, way, seed, isCalm }, [drawing, way]);
  }

  /**
   * Plays the game with the keys, pointers and gamepads; P pauses. Give the element a `tabindex`: keys reach the game while it has the focus, and
   * while nothing has.
   * @returns a function that detaches the element
   */
  attach(target: HTMLElement): () => void {
    const input = new PlayerInput(
      target,
      (controls) => this.#send({ kind: 'controls', controls }),
      () => (this.#isPaused ? this.resume() : this.pause()),
    );
    this.#inputs.add(input);
    return () => {
      this.#inputs.delete(input);
      input.dispose();
    };
  }

  /** Plays the game's sound into a node, in place of one that it was connected to before. The context belongs to the caller. */
  connectSound(destination: AudioNode): ConnectedSound {
    this.#sound?.dispose();
    const sound = new GameSound(destination, this.#seed);
    this.#sound = sound;
    this.#send({ kind: 'listen', isListening: true });
    return {
      radioCall: () => sound.play({ kind: 'call' }),
      disconnect: () => {
        sound.dispose();
        if (this.#sound !== sound) return;
        this.#sound = null;
        this.#send({ kind: 'listen', isListening: false });
      },
    };
  }

  /** Stops the simulation and the frames. */
  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  /** Ends the source, then terminates the worker. */
  dispose(): void {
    if (this.#isDisposed) return;
    for (const input of this.#inputs) input.dispose();
    this.#inputs.clear();
    this.#ending.abort();
    this.#sound?.dispose();
    this.#sound = null;
    this.#send({ kind: 'dispose' });
    this.#isDisposed = true;
    this.#settleReady.reject(MeshError.closed('The game'));
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#noteRunning();
    this.#send({ kind: isPaused ? 'pause' : 'resume' });
    this.#options.onPaused?.(isPaused);
  }

  #received(message: FromGame): void {
    if (message.kind === 'disposed') this.#worker.terminate();
    else if (this.#isDisposed) return;
    else if (message.kind === 'ready') this.#settleReady.resolve();
    else if (message.kind === 'state') this.#options.onState?.(message.state);
    else if (message.kind === 'events') this.#options.onEvents?.(message.events);
    else if (message.kind === 'sound') this.#sound?.hear(message.sound);
    else if (message.kind === 'request') void this.#respond(message.request);
    else this.#fail(MeshError.from(message.error, 'unsupported-browser'));
  }

  /** The worker of a hidden page gets no animation frames, so the game stands still there. */
  #noteRunning(): void {
    this.#running.value = !this.#isPaused && !document.hidden;
  }

  async #respond(request: PartRequest<RacePart>): Promise<void> {
    const { part, id } = request;
    const result = (await this.#options.work?.(request)) ?? null;
    this.#send({ kind: 'response', response: { part, id, result } });
  }

  #fail(error: MeshError): void {
    if (this.#isDisposed) {
      // It failed while being disposed, so it will not report `disposed`.
      this.#worker.terminate();
      return;
    }
    this.#settleReady.reject(error);
    this.#options.onError?.(error);
  }

  #send(message: ToGame, transfer: Transferable[] = []): void {
    if (!this.#isDisposed) this.#worker.postMessage(message, transfer);
  }
}

function takeControl(canvas: HTMLCanvasElement, width: number, height: number): OffscreenCanvas {
  try {
    canvas.width = width;
    canvas.height = height;
    return canvas.transferControlToOffscreen();
  } catch (cause) {
    throw new MeshError('bad-input', 'The game needs a canvas without a context. Pass a new one.', {
      cause,
    });
  }
}
