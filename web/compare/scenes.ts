import { MeshError } from '../../shared/errors.ts';
import type { Choice } from '../ui/fields.tsx';

export type SceneName = 'foliage' | 'wire' | 'coins' | 'railing';

interface Scene extends Choice<SceneName> {
  game: string;
  site: string;
  licence: string;
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

/** Crops of real frames of games that the networks were not trained on. Their licences are also in web/public/compare/. */
export const SCENES: readonly Scene[] = [
  { value: 'wire', label: 'Wire', ...SUPERTUXKART },
  { value: 'foliage', label: 'Foliage', ...SUPERTUXKART },
  { value: 'coins', label: 'Coins', ...NEVERBALL },
  { value: 'railing', label: 'Railing', ...NEVERBALL },
];

/** The picture to enlarge, and the reference if there is one. */
export interface Subject {
  /** A unique name. */
  title: string;
  small: ImageData;
  reference: ImageData | null;
  scene: Scene | null;
  /** A remark for people. */
  note: string;
}

/** Throws MeshError `connection-failed`. */
export async function loadScene(name: SceneName): Promise<Subject> {
  const [small, reference] = await Promise.all([load(`${name}.small.png`), load(`${name}.truth.png`)]);
  const scene = SCENES.find(({ value }) => value === name) ?? null;
  return { title: scene?.label ?? name, small, reference, scene, note: '' };
}

async function load(file: string): Promise<ImageData> {
  try {
    const response = await fetch(new URL(`./compare/${file}`, document.baseURI));
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await readPicture(await response.blob())).pixels;
  } catch (cause) {
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
    if (!context) throw new MeshError('unsupported-browser', 'This browser cannot read the pixels of a picture.');
    context.drawImage(bitmap, -Math.floor((width - size.width) / 2), -Math.floor((height - size.height) / 2));
    return { pixels: context.getImageData(0, 0, size.width, size.height), width, height };
  } finally {
    bitmap.close();
  }
}
