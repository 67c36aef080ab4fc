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

/** Browser storage, as far as names need it. */
export type NameStore = Pick<Storage, 'getItem' | 'setItem'>;

/**
 * A name like `brave-otter`.
 * @param random 0 (included) to 1 (not included), as Math.random
 */
export function friendlyName(random: () => number): string {
  return `${pick(ADJECTIVES, random)}-${pick(ANIMALS, random)}`;
}

/**
 * The name this browser went by last time, else a new one, kept.
 * @param role each has a name of its own: on one machine a gamer should not seem to be helped by itself
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
    // A full or forbidden store: the name then lasts as long as the page, which is no loss to anybody.
  }
}

/** This browser's storage, or null where it may not be touched: merely naming it throws when cookies are blocked. */
export function nameStore(): NameStore | null {
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
