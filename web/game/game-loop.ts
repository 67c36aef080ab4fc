import { lackOf } from '../../shared/browser-needs.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { seededRandom } from '../../shared/seeded-random.ts';
import { FrameOutlet } from './frame-output.ts';
import { FixedStep, FramePacer } from './frame-timing.ts';
import type { PartRequest, PartResponse, RacePart } from './messages.ts';
import { OffloadedTasks } from './offloaded-tasks.ts';
import { RaceScene } from './render/race-scene.ts';
import { type Controls, NEUTRAL } from './simulation/craft.ts';
import { Race, type RaceState, STEP_MS } from './simulation/race.ts';
import { type RaceEvent, RaceEvents } from './simulation/race-events.ts';
import { RaceListener, type RaceSound } from './sound/race-listener.ts';

/** Below 8 frames a second the game slows down rather than simulate steps that nobody sees. */
const MAX_STEPS_PER_FRAME = 15;
/** The stream would drop the additional frames of a faster screen. */
const MAX_FPS = 60;
/** How often the page receives score and lap. */
const STATE_INTERVAL_MS = 200;
/** A browser whose GPU process is still starting has no WebGL for its first moments. */
const CONTEXT_ATTEMPTS = 8;
const CONTEXT_RETRY_MS = 250;
/** How long a lost WebGL context may take to be restored before the game gives up. */
const CONTEXT_RESTORE_MS = 5_000;

export interface GameLoopOptions {
  canvas: OffscreenCanvas;
  frames: WritableStream<VideoFrame>;
  seed: number;
  isCalm: boolean;
  clock: Clock;
  onFirstFrame(): void;
  onState(state: RaceState): void;
  /** Something happened to rivals. */
  onEvents(events: RaceEvent[]): void;
  /** What there is to hear, while {@link GameLoop.listen} says so. */
  onSound(sound: RaceSound): void;
  /** Work for others. Hand the response, if one comes, to {@link GameLoop.receive}. */
  onRequest(request: PartRequest<RacePart>): void;
  onFailed(error: MeshError): void;
}

/**
 * Simulates and draws the game at the screen's rate, in the worker. The worker of a hidden page gets no animation frames, so the game
 * pauses while nobody can see it and continues where it was.
 */
export class GameLoop {
  controls: Controls = NEUTRAL;
  readonly #options: GameLoopOptions;
  readonly #race: Race;
  readonly #tasks: OffloadedTasks;
  readonly #scene: RaceScene;
  readonly #outlet: FrameOutlet;
  readonly #steps = new FixedStep(STEP_MS, MAX_STEPS_PER_FRAME);
  readonly #events = new RaceEvents();
  #listener: RaceListener | null = null;
  readonly #pacer = new FramePacer(MAX_FPS);
  #request: number | null = null;
  #isContextLost = false;
  #cancelRestore: () => void = () => {};
  #isFirstFrame = true;
  #stateSentMs = Number.NEGATIVE_INFINITY;
  #wasPlaying = false;

  /** Throws MeshError `unsupported-browser`. */
  static async open(options: GameLoopOptions): Promise<GameLoop> {
    return new GameLoop(options, await openContext(options.canvas, options.clock));
  }

  private constructor(options: GameLoopOptions, context: WebGL2RenderingContext) {
    const { canvas, frames, seed, isCalm } = options;
    this.#options = options;
    this.#race = new Race(seededRandom(seed));
    this.#tasks = new OffloadedTasks(this.#race, options.clock, (request) => options.onRequest(request));
    this.#scene = new RaceScene({ canvas, context, race: this.#race, random: seededRandom(seed + 1), isCalm });
    this.#outlet = new FrameOutlet(frames);
    canvas.addEventListener('webglcontextlost', this.#onContextLost);
    canvas.addEventListener('webglcontextrestored', this.#onContextRestored);
  }

  receive(response: PartResponse<RacePart>): void {
    this.#tasks.receive(response);
  }

  /** Whether somebody wants to hear the race. */
  listen(isListening: boolean): void {
    // What happened before is not to be heard.
    this.#listener = isListening ? new RaceListener() : null;
  }

  resume(): void {
    if (this.#request !== null) return;
    this.#steps.skip();
    this.#request = requestAnimationFrame(this.#onAnimationFrame);
  }

  pause(): void {
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    this.#request = null;
  }

  async dispose(): Promise<void> {
    this.pause();
    this.#cancelRestore();
    this.#tasks.dispose();
    this.#options.canvas.removeEventListener('webglcontextlost', this.#onContextLost);
    this.#options.canvas.removeEventListener('webglcontextrestored', this.#onContextRestored);
    this.#scene.dispose();
    await this.#outlet.close();
  }

  readonly #onAnimationFrame = (): void => {
    this.#request = requestAnimationFrame(this.#onAnimationFrame);
    const nowMs = this.#options.clock.now();
    if (!this.#pacer.isDue(nowMs)) return;
    try {
      this.#advance(nowMs);
    } catch (cause) {
      this.pause();
      this.#options.onFailed(MeshError.from(cause, 'device-lost'));
    }
  };

  #advance(nowMs: number): void {
    for (let due = this.#steps.advance(nowMs); due > 0; due--) this.#race.step(this.controls);
    this.#tasks.run();
    this.#reportState(nowMs);
    const sound = this.#listener?.look(this.#race, nowMs);
    if (sound) this.#options.onSound(sound);
    if (this.#isContextLost) return;
    this.#scene.draw(this.#steps.leftMs / 1000);
    this.#outlet.offer(this.#options.canvas, nowMs);
    if (this.#isFirstFrame) this.#options.onFirstFrame();
    this.#isFirstFrame = false;
  }

  #reportState(nowMs: number): void {
    const hasPlayerChanged = this.#race.playing !== this.#wasPlaying;
    if (!hasPlayerChanged && nowMs - this.#stateSentMs < STATE_INTERVAL_MS) return;
    this.#wasPlaying = this.#race.playing;
    this.#stateSentMs = nowMs;
    this.#options.onState(this.#race.state());
    this.#options.onEvents(this.#events.look(this.#race));
  }

  readonly #onContextLost = (): void => {
    this.#isContextLost = true;
    this.#cancelRestore = this.#options.clock.after(CONTEXT_RESTORE_MS, () => {
      this.#options.onFailed(
        new MeshError('device-lost', 'The browser lost the game’s graphics context. Reload the page to play on.'),
      );
    });
  };

  readonly #onContextRestored = (): void => {
    this.#cancelRestore();
    this.#isContextLost = false;
  };
}

/**
 * Opens WebGL 2 on a worker's canvas. Retries for a while: measured, the first page of a freshly started Chromium got no context while
 * its GPU process was starting. Throws MeshError `unsupported-browser`.
 */
async function openContext(canvas: OffscreenCanvas, clock: Clock): Promise<WebGL2RenderingContext> {
  for (let attempt = 0; attempt < CONTEXT_ATTEMPTS; attempt++) {
    // Opaque, so that frames have no alpha. Without antialiasing, like other games on weak machines.
    const context = canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      powerPreference: 'high-performance',
    });
    if (context) return context;
    await new Promise<void>((resolve) => {
      clock.after(CONTEXT_RETRY_MS, resolve);
    });
  }
  throw new MeshError(
    'unsupported-browser',
    `The game needs WebGL 2 in a worker. ${lackOf('workerWebGl2')} If yours is newer, turn hardware acceleration on, or pick an image or a video instead.`,
  );
}
