import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import { GameView } from './render/game-view.ts';
import { type GamePicture, jitterOf, TemporalUpscale } from './render/temporal-upscale.ts';

/** A small picture of the game, what it should become, and what a temporal upscale made of the frames up to it. */
export interface GameFrame {
  small: GamePicture;
  truth: GamePicture;
  temporal: GamePicture;
}

/** Frames that a temporal upscale gets before it is looked at. */
const WARM_UP_FRAMES = 16;

/**
 * The last frame of a flight through one moment of our game. Only the camera moves, so that the motion of every point is known exactly.
 *
 * @param pause - called between frames. What it rejects with ends the flight. Throws MeshError `unsupported-browser`.
 */
export async function flight(size: PictureSize, pause: () => Promise<void>): Promise<GameFrame> {
  const view = new GameView(size);
  try {
    const upscale = new TemporalUpscale();
    let temporal = upscale.add(view.jittered(jitterOf(0)));
    for (let frame = 1; frame < WARM_UP_FRAMES; frame++) {
      await pause();
      view.fly();
      temporal = upscale.add(view.jittered(jitterOf(frame)));
    }
    return { small: view.small(), truth: view.truth(), temporal };
  } finally {
    view.dispose();
  }
}

/** Frames of our game while its camera stands and its world goes on: where nothing moves, nothing should flicker. */
export function* standing(size: PictureSize, frames: number): Generator<GameFrame, void> {
  const view = new GameView(size);
  try {
    const upscale = new TemporalUpscale();
    for (let frame = 0; frame < WARM_UP_FRAMES; frame++) upscale.add(view.jittered(jitterOf(frame)));
    for (let frame = 0; frame < frames; frame++) {
      view.goTo(frame);
      const temporal = upscale.add(view.jittered(jitterOf(WARM_UP_FRAMES + frame)));
      yield { small: view.small(), truth: view.truth(), temporal };
    }
  } finally {
    view.dispose();
  }
}
