import { signal } from '@preact/signals';
import { BuiltInGame, GAME_SIZE } from '../game/built-in-game.ts';
import type { GameWork } from '../game/game-work.ts';
import type { LiveSource, Source, SourceChoice, SourceHandlers, StillSource } from './source.ts';
import { openCaptured, openVideo, unreadable } from './video-source.ts';

const GAME_LABEL = 'The built-in game: arrow keys to play, P to pause.';

/**
 * Opens what was chosen. Throws MeshError `bad-input` for a file this browser cannot show.
 *
 * @param gameWork - who does what the game has others do.
 */
export async function openSource(choice: SourceChoice, handlers: SourceHandlers, gameWork: GameWork): Promise<Source> {
  switch (choice.kind) {
    case 'game':
      return openGame(handlers, gameWork);
    case 'image':
      return openImage(choice.file);
    case 'video':
      return openVideo(choice.file);
    default:
      return openCaptured(choice, handlers);
  }
}

async function openGame({ onError }: SourceHandlers, gameWork: GameWork): Promise<LiveSource> {
  const canvas = document.createElement('canvas');
  const game = new BuiltInGame(canvas, { onError, work: (request) => gameWork.run(request) });
  try {
    await game.ready;
  } catch (cause) {
    game.dispose();
    throw cause;
  }
  return {
    kind: 'game',
    before: canvas,
    size: signal(GAME_SIZE),
    frames: game.source,
    play: { label: GAME_LABEL, attach: (target) => game.attach(target) },
    dispose: () => game.dispose(),
  };
}

async function openImage(file: File): Promise<StillSource> {
  const image = await createImageBitmap(file).catch((cause: unknown) => {
    throw unreadable(file, 'PNG, JPEG or WebP', cause);
  });
  const size = { width: image.width, height: image.height };
  const before = Object.assign(document.createElement('canvas'), size);
  before.getContext('2d')?.drawImage(image, 0, 0);
  return { kind: 'image', before, size: signal(size), image, play: null, dispose: () => image.close() };
}
