const ADJECTIVES = [
  'amber',
  'brave',
  'bright',
  'calm',
  'clever',
  'cosmic',
  'daring',
  'eager',
  'fluffy',
  'gentle',
  'happy',
  'jolly',
  'keen',
  'lucky',
  'mellow',
  'nimble',
  'patient',
  'quick',
  'quiet',
  'rapid',
  'sunny',
  'swift',
  'tidy',
  'witty',
] as const;
const ANIMALS = [
  'badger',
  'beaver',
  'crane',
  'dolphin',
  'falcon',
  'ferret',
  'fox',
  'gecko',
  'heron',
  'ibex',
  'koala',
  'lemur',
  'lynx',
  'marten',
  'newt',
  'otter',
  'owl',
  'panda',
  'puffin',
  'raven',
  'robin',
  'seal',
  'tapir',
  'wombat',
] as const;

/** The part of browser storage that names need. */
export type NameStore = Pick<Storage, 'getItem' | 'setItem'>;

/**
 * A name like `brave-otter`.
 * @param random - like Math.random
 */
export function friendlyName(random: () => number): string {
  return `${pick(ADJECTIVES, random)}-${pick(ANIMALS, random)}`;
}

/**
 * The name that this browser used last time, else a new one.
 * @param role - each role has its own name, so that on one machine a gamer does not seem to help itself
 */
export function rememberedName(store: NameStore | null, role: string, random: () => number): string {
  const known = store?.getItem(keyOf(role))?.trim();
  if (known) return known;
  const name = friendlyName(random);
  rememberName(store, role, name);
  return name;
}

export function rememberName(store: NameStore | null, role: string, name: string): void {
  try {
    store?.setItem(keyOf(role), name);
  } catch {
    // The store is full or blocked, so the name lasts as long as the page.
  }
}

/** This browser's storage. Null when cookies are blocked, since then even reading `localStorage` throws. */
export function nameStore(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

const keyOf = (role: string) => `p2c2r.name.${role}`;

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? '';
}
