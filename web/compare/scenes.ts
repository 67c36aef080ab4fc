import { lacking } from '../../shared/browser-needs.ts';
import { MeshError } from '../../shared/errors.ts';
import type { OwnPicture } from '../compute/reference/fsr1.ts';
import type { Choice } from '../ui/fields.tsx';

export type SceneName = 'foliage' | 'wire' | 'coins' | 'railing' | 'own-game';

interface Scene extends Choice<SceneName> {
  /** Null: our own. */
  credit: { game: string; site: string; licence: string } | null;
}

const SUPERTUXKART = {
  game: 'SuperTuxKart 1.4',
  site: 'https://supertuxkart.net',
  licence: 'artwork by its contributors, mostly CC BY-SA 3.0 and 4.0, CC0 and GPL',
};
const NEVERBALL = {
  game: 'Neverball 1.6',
  site: 'https://neverball.org',
  licence: 'artwork by its contributors, GPL-2.0-or-later',
};

/** Crops of real frames of games that the networks were not trained on, whose licences are also in web/public/compare/; and our own game. */
export const SCENES: readonly Scene[] = [
  { value: 'wire', label: 'Wire', credit: SUPERTUXKART },
  { value: 'foliage', label: 'Foliage', credit: SUPERTUXKART },
  { value: 'coins', label: 'Coins', credit: NEVERBALL },
  { value: 'railing', label: 'Railing', credit: NEVERBALL },
  { value: 'own-game', label: 'Our game', credit: null },
];

/** The picture to enlarge, and the reference if there is one. */
export interface Subject {
  /** A unique name. */
  title: string;
  small: ImageData;
  reference: ImageData | null;
  /** What a temporal upscale made of this frame of a game and those before it; null where there is only a picture. */
  temporal: ImageData | null;
  scene: Scene | null;
  /** A remark for people. */
  note: string;
}

/** Throws MeshError `connection-failed`, `unsupported-browser`; `cancelled` once `ending` is aborted. */
export async function loadScene(name: SceneName, ending: AbortSignal): Promise<Subject> {
  const scene = SCENES.find(({ value }) => value === name) ?? null;
  const title = scene?.label ?? name;
  if (name === 'own-game') return { title, ...(await drawOwnGame(ending)), scene };
  const [small, reference] = await Promise.all([load(`${name}.small.png`, ending), load(`${name}.truth.png`, ending)]);
  return { title, small, reference, temporal: null, scene, note: '' };
}

/** Small enough to be drawn, at 16 samples a pixel, where there is no GPU. */
const OWN_GAME_SIZE = { width: 192, height: 108 };

async function drawOwnGame(ending: AbortSignal): Promise<Pick<Subject, 'small' | 'reference' | 'temporal' | 'note'>> {
  // Most visitors do without it, and it is most of the page's code.
  const { flight } = await import('../game/game-sequences.ts');
  const pause = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    throwIfEnding(ending);
  };
  await pause();
  const drawn = await flight(OWN_GAME_SIZE, pause);
  return {
    ...{ small: imageDataOf(drawn.small), reference: imageDataOf(drawn.truth), temporal: imageDataOf(drawn.temporal) },
    note:
      'drawn just now by your browser, while the camera flew. TAAU has 16 frames and the true motion of every point; the others have the last ' +
      'frame. The networks were also trained on frames of this game.',
  };
}

export function imageDataOf({ width, height, data }: OwnPicture): ImageData {
  return new ImageData(data, width, height);
}

function throwIfEnding({ aborted }: AbortSignal): void {
  if (aborted) throw MeshError.cancelled('The scene');
}

async function load(file: string, ending: AbortSignal): Promise<ImageData> {
  try {
    const response = await fetch(new URL(`./compare/${file}`, document.baseURI), { signal: ending });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await readPicture(await response.blob())).pixels;
  } catch (cause) {
    throwIfEnding(ending);
    throw new MeshError('connection-failed', `The picture ${file} could not be loaded. Try again.`, { cause });
  }
}

/** Size limit: that of a game's small frame, which the largest network can still enlarge without a GPU. */
const MAX_SIZE = { width: 640, height: 360 };

export interface ReadPicture {
  /** The centre of the picture where it is larger than {@link MAX_SIZE}. */
  pixels: ImageData;
  width: number;
  height: number;
}

/** Throws the browser's error when the file is not a picture, and MeshError `unsupported-browser`. */
export async function readPicture(file: Blob): Promise<ReadPicture> {
  const bitmap = await createImageBitmap(file);
  try {
    const { width, height } = bitmap;
    const isUpright = height > width;
    const size = {
      width: Math.min(width, isUpright ? MAX_SIZE.height : MAX_SIZE.width),
      height: Math.min(height, isUpright ? MAX_SIZE.width : MAX_SIZE.height),
    };
    const canvas = Object.assign(document.createElement('canvas'), size);
    // Opaque, like the references.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) throw lacking('pixelReading');
    context.drawImage(bitmap, -Math.floor((width - size.width) / 2), -Math.floor((height - size.height) / 2));
    return { pixels: context.getImageData(0, 0, size.width, size.height), width, height };
  } finally {
    bitmap.close();
  }
}
