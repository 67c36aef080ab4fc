import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { FrameOutlet } from './frame-output.ts';
import { FixedStep, FramePacer } from './frame-timing.ts';
import type { Answer, Question, RacePart } from './messages.ts';
import { OffloadedTasks } from './offloaded-tasks.ts';
import { RaceScene } from './render/race-scene.ts';
import { type Controls, NEUTRAL } from './simulation/craft.ts';
import { seededRandom } from './simulation/numbers.ts';
import { Race, type RaceState } from './simulation/race.ts';
import { GAME } from './tuning.ts';

export interface GameLoopOptions {
  canvas: OffscreenCanvas;
  frames: WritableStream<VideoFrame>;
  seed: number;
  isCalm: boolean;
  clock: Clock;
  onFirstFrame(): void;
  onState(state: RaceState): void;
  /** Work for others; the answer, if one comes, goes to {@link GameLoop.heard}. */
  onQuestion(question: Question<RacePart>): void;
  onFailed(error: MeshError): void;
}

/**
 * Simulates and draws at the pace of the screen, in the worker. A hidden page's worker gets no animation frames, so the game
 * stands still while nobody can see it and goes on where it was.
 */
export class GameLoop {
  controls: Controls = NEUTRAL;
  readonly #options: GameLoopOptions;
  readonly #race: Race;
  readonly #errands: OffloadedTasks;
  readonly #scene: RaceScene;
  readonly #outlet: FrameOutlet;
  readonly #steps = new FixedStep(GAME.stepMs, GAME.maxStepsPerFrame);
  readonly #pacer = new FramePacer(GAME.maxFps);
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
    this.#errands = new OffloadedTasks(this.#race, options.clock, (question) => options.onQuestion(question));
    this.#scene = new RaceScene({ canvas, context, race: this.#race, random: seededRandom(seed + 1), isCalm });
    this.#outlet = new FrameOutlet(frames);
    canvas.addEventListener('webglcontextlost', this.#onContextLost);
    canvas.addEventListener('webglcontextrestored', this.#onContextRestored);
  }

  heard(answer: Answer<RacePart>): void {
    this.#errands.heard(answer);
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
    this.#errands.dispose();
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
    this.#errands.run();
    this.#reportState(nowMs);
    if (this.#isContextLost) return;
    this.#scene.draw(this.#steps.leftMs / 1000);
    this.#outlet.offer(this.#options.canvas, nowMs);
    if (this.#isFirstFrame) this.#options.onFirstFrame();
    this.#isFirstFrame = false;
  }

  #reportState(nowMs: number): void {
    const hasChangedHands = this.#race.playing !== this.#wasPlaying;
    if (!hasChangedHands && nowMs - this.#stateSentMs < GAME.stateIntervalMs) return;
    this.#wasPlaying = this.#race.playing;
    this.#stateSentMs = nowMs;
    this.#options.onState(this.#race.state());
  }

  readonly #onContextLost = (): void => {
    this.#isContextLost = true;
    this.#cancelRestore = this.#options.clock.after(GAME.contextRestoreMs, () => {
      this.#options.onFailed(
        new MeshError('device-lost', 'The browser took the graphics away from the game. Reload the page to play on.'),
      );
    });
  };

  readonly #onContextRestored = (): void => {
    this.#cancelRestore();
    this.#isContextLost = false;
  };
}

/**
 * WebGL 2 on a worker's canvas. Asked again for a while: measured, the first page of a freshly started Chromium got none while
 * its GPU process was starting. Throws MeshError `unsupported-browser`.
 */
export async function openContext(canvas: OffscreenCanvas, clock: Clock): Promise<WebGL2RenderingContext> {
  for (let attempt = 0; attempt < GAME.contextAttempts; attempt++) {
    // An opaque canvas gives frames without alpha. No antialiasing: a game short of power has none, and neither has this one.
    const context = canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      powerPreference: 'high-performance',
    });
    if (context) return context;
    await new Promise<void>((resolve) => {
      clock.after(GAME.contextRetryMs, resolve);
    });
  }
  throw new MeshError(
    'unsupported-browser',
    'The game needs WebGL 2 in a worker, which this browser does not give. Turn hardware acceleration on, update the browser, or pick an image or a video instead.',
  );
}
