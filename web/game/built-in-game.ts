import { MeshError } from '../../shared/errors.ts';
import { openFrameSource } from './frame-output.ts';
import type { FromGame, PartResult, Question, RacePart, ToGame } from './messages.ts';
import { PlayerInput } from './player-input.ts';
import type { RaceState } from './simulation/race.ts';
import { GAME } from './tuning.ts';

export type { RaceState } from './simulation/race.ts';

export interface BuiltInGameOptions {
  /** Of the drawing, pixels. Default {@link GAME}. */
  width?: number;
  height?: number;
  /** The same seed gives the same track and city. */
  seed?: number;
  /** Default: what the system prefers. */
  reducedMotion?: boolean;
  /** A few times a second, and whenever somebody starts or stops playing. */
  onState?(state: RaceState): void;
  /** Does some of the game's work; null when nobody did. Never rejects. Without it the game does all of it. */
  work?(question: Question<RacePart>): Promise<PartResult<RacePart> | null>;
  /** The game cannot start or go on: MeshError `unsupported-browser` or `device-lost`. */
  onError?(error: MeshError): void;
}

const UNSUPPORTED =
  'The game is drawn in a worker on an OffscreenCanvas, which this browser does not have. Update it, use a recent Chrome, Edge, Firefox or Safari, or pick an image or a video instead.';

/** The game of the gamer page. All of it runs in a worker of its own; the page only passes on keys and pointers. */
export class BuiltInGame {
  /** Resolves with the first frame drawn. Rejects with the MeshError that `onError` gets. */
  readonly ready: Promise<void>;
  /** For `GamerClient.openStream`: a track where the browser can make one (it may be opened again), else a stream, opened once. */
  readonly source: MediaStreamTrack | ReadableStream<VideoFrame>;
  readonly #worker: Worker;
  readonly #inputs = new Set<PlayerInput>();
  readonly #options: BuiltInGameOptions;
  #settleReady: { resolve(): void; reject(error: MeshError): void } = { resolve: () => {}, reject: () => {} };
  #isPaused = false;
  #isDisposed = false;

  /**
   * @param canvas - one without a context yet: its drawing is handed to the worker for good. Its width and height are set.
   * Throws MeshError `unsupported-browser`, or `bad-input` for a canvas already in use.
   */
  constructor(canvas: HTMLCanvasElement, options: BuiltInGameOptions = {}) {
    const { width = GAME.width, height = GAME.height, seed = 1 } = options;
    if (
      typeof OffscreenCanvas === 'undefined' ||
      typeof VideoFrame === 'undefined' ||
      !canvas.transferControlToOffscreen
    ) {
      throw new MeshError('unsupported-browser', UNSUPPORTED);
    }
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // Also told through onError; nobody has to await it.
    this.ready.catch(() => {});
    const drawing = takeOver(canvas, width, height);
    const { source, writable } = openFrameSource();
    this.source = source;
    this.#worker = new Worker(new URL('./game.worker.ts', import.meta.url), { type: 'module', name: 'built-in game' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromGame>) => this.#received(data));
    this.#worker.addEventListener('error', ({ message }) => {
      this.#fail(new MeshError('unsupported-browser', `The game could not be loaded (${message}). Reload the page.`));
    });
    const isCalm = options.reducedMotion ?? matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#send({ kind: 'start', canvas: drawing, frames: writable, seed, isCalm }, [drawing, writable]);
  }

  /** Lets this element play: keys while it has the focus (give it a `tabindex`; P pauses), pointers and gamepads. Returns what ends that. */
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

  /** Stands still and gives no frames. */
  pause(): void {
    this.#isPaused = true;
    this.#send({ kind: 'pause' });
  }

  resume(): void {
    this.#isPaused = false;
    this.#send({ kind: 'resume' });
  }

  /** Ends the source, then the worker. */
  dispose(): void {
    if (this.#isDisposed) return;
    for (const input of this.#inputs) input.dispose();
    this.#inputs.clear();
    this.#send({ kind: 'dispose' });
    this.#isDisposed = true;
    this.#settleReady.reject(MeshError.closed('The game'));
  }

  #received(message: FromGame): void {
    if (message.kind === 'disposed') this.#worker.terminate();
    else if (this.#isDisposed) return;
    else if (message.kind === 'ready') this.#settleReady.resolve();
    else if (message.kind === 'state') this.#options.onState?.(message.state);
    else if (message.kind === 'question') void this.#answer(message.question);
    else this.#fail(MeshError.from(message.error, 'unsupported-browser'));
  }

  async #answer(question: Question<RacePart>): Promise<void> {
    const { part, id } = question;
    const result = (await this.#options.work?.(question)) ?? null;
    this.#send({ kind: 'answer', answer: { part, id, result } });
  }

  #fail(error: MeshError): void {
    if (this.#isDisposed) {
      // It failed instead of saying that it is disposed: nothing more will come from it.
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

function takeOver(canvas: HTMLCanvasElement, width: number, height: number): OffscreenCanvas {
  try {
    canvas.width = width;
    canvas.height = height;
    return canvas.transferControlToOffscreen();
  } catch (cause) {
    throw new MeshError('bad-input', 'The game needs a canvas that nothing was drawn on yet. Give it a new one.', {
      cause,
    });
  }
}
