import { MeshError } from '../../shared/errors.ts';
import type { Choice } from '../ui/segmented.tsx';
import { readPicture } from './read-picture.ts';

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

/** Crops of real frames, of games that took no part in training. Their licences stand beside them in web/public/compare/ too. */
export const SCENES: readonly Scene[] = [
  { value: 'wire', label: 'Wire', ...SUPERTUXKART },
  { value: 'foliage', label: 'Foliage', ...SUPERTUXKART },
  { value: 'coins', label: 'Coins', ...NEVERBALL },
  { value: 'railing', label: 'Railing', ...NEVERBALL },
];

/** What is made larger, and what it should become where that is known. */
export interface Subject {
  /** A name that another subject does not have. */
  title: string;
  small: ImageData;
  truth: ImageData | null;
  scene: Scene | null;
  /** What a person should know of it. */
  note: string;
}

/** Throws MeshError `connection-failed`. */
export async function loadScene(name: SceneName): Promise<Subject> {
  const [small, truth] = await Promise.all([load(`${name}.small.png`), load(`${name}.truth.png`)]);
  const scene = SCENES.find(({ value }) => value === name) ?? null;
  return { title: scene?.label ?? name, small, truth, scene, note: '' };
}

async function load(file: string): Promise<ImageData> {
  try {
    const response = await fetch(new URL(`./compare/${file}`, document.baseURI));
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await readPicture(await response.blob())).pixels;
  } catch (cause) {
    throw new MeshError('connection-failed', `The picture ${file} did not come. Try again.`, { cause });
  }
}
