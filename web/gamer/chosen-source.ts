import { effect, signal } from '@preact/signals';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import { checkPictureFits } from '../../shared/tasks/upscale-size.ts';
import { BuiltInGame, GAME_SIZE } from '../game/built-in-game.ts';
import type { GameWork, Radio } from '../game/game-work.ts';
import { explainFile } from './file-content.ts';
import { NEVER, type SourceSound, trackSound } from './sound/source-sound.ts';
import {
  type Captured,
  captureEnded,
  type LiveSource,
  type Source,
  type SourceChoice,
  type SourceHandlers,
  type StillSource,
} from './source.ts';
import { mutedVideo, openVideo, sizeOf } from './video-file.ts';

const GAME_LABEL = 'The built-in game: arrow keys play, P pauses.';

/**
 * Opens the chosen source. Throws MeshError `bad-input` for a file that this browser cannot show, `too-large`.
 *
 * @param gameWork - runs the game's tasks
 */
export async function openChosenSource(
  choice: SourceChoice,
  handlers: SourceHandlers,
  gameWork: GameWork,
): Promise<Source> {
  switch (choice.kind) {
    case 'game':
      return openGame(handlers, gameWork);
    case 'image':
      return openImage(choice.file);
    case 'video':
      return openVideo(choice.file, handlers);
    default:
      return openCaptured(choice, handlers);
  }
}

async function openGame({ onError }: SourceHandlers, gameWork: GameWork): Promise<LiveSource> {
  const canvas = document.createElement('canvas');
  const isPaused = signal(false);
  const game = new BuiltInGame(canvas, {
    onError,
    onPaused: (paused) => {
      isPaused.value = paused;
    },
    onEvents: (events) => gameWork.radio.tell(events),
    work: (request) => gameWork.run(request),
  });
  try {
    await game.ready;
  } catch (cause) {
    game.dispose();
    throw cause;
  }
  return {
    kind: 'game',
    element: canvas,
    size: signal(GAME_SIZE),
    frames: game.source,
    sound: gameSound(game, gameWork.radio),
    play: { label: GAME_LABEL, attach: (target) => game.attach(target), isPaused, resume: () => game.resume() },
    dispose: () => game.dispose(),
  };
}

/** The game's own sound, with a call when a rival begins to speak. */
function gameSound(game: BuiltInGame, radio: Radio): SourceSound {
  return {
    connect: (output) => {
      const sound = game.connectSound(output);
      let last = radio.line.peek();
      const stop = effect(() => {
        const line = radio.line.value;
        // A line that is still being said changes with every word.
        const isNew = line !== null && line !== last && (last === null || last.by !== null);
        if (isNew) sound.radioCall();
        last = line;
      });
      return () => {
        stop();
        sound.disconnect();
      };
    },
    isPlaying: game.isRunning,
    standsStill: NEVER,
  };
}

async function openImage(file: File): Promise<StillSource> {
  checkPictureFits(await sizeOfPicture(file));
  const image = await createImageBitmap(file).catch(async (cause: unknown) => {
    throw await explainFile(file, 'image', cause);
  });
  const size = { width: image.width, height: image.height };
  const before = Object.assign(document.createElement('canvas'), size);
  before.getContext('2d')?.drawImage(image, 0, 0);
  return { kind: 'image', before, size: signal(size), image, play: null, dispose: () => image.close() };
}

/** The size of a picture file, upright, from its header: nothing is decoded, which for a huge one would take gigabytes. */
async function sizeOfPicture(file: File): Promise<PictureSize> {
  const url = URL.createObjectURL(file);
  const element = new Image();
  try {
    await new Promise((resolve, reject) => {
      element.onload = resolve;
      element.onerror = reject;
      element.src = url;
    });
    return { width: element.naturalWidth, height: element.naturalHeight };
  } catch (cause) {
    throw await explainFile(file, 'image', cause);
  } finally {
    element.src = '';
    URL.revokeObjectURL(url);
  }
}

/** Takes ownership of the tracks. Does not wait for a picture, since a minimised window gives none until it is restored. */
export function openCaptured({ kind, track, sound }: Captured, { onError }: SourceHandlers): LiveSource {
  const video = mutedVideo();
  video.srcObject = new MediaStream([track]);
  const size = sizeOf(video);
  // Rejects when the source is disposed before its first picture.
  video.play().catch(() => {});
  const ended = () => onError(captureEnded(kind));
  track.addEventListener('ended', ended);
  const dispose = () => {
    track.removeEventListener('ended', ended);
    track.stop();
    sound?.stop();
    video.srcObject = null;
  };
  const heard = sound ? trackSound(sound) : null;
  return { kind, element: video, size, frames: track, sound: heard, play: null, dispose };
}
