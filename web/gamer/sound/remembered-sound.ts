/** Where the sound of a shared tab is heard. */
export type ScreenSound = 'there' | 'here';

/** What a person wants to hear. */
export interface SoundWishes {
  /** Sound of the game and of videos. */
  isOn: boolean;
  /** 0 to 1. */
  volume: number;
  screen: ScreenSound;
}

/** The part of browser storage that this needs. */
export type SoundStore = Pick<Storage, 'getItem' | 'setItem'>;

const STORAGE_KEY = 'p2c2r.sound';
/** Off until asked: a page that makes a noise by itself is closed. */
const DEFAULTS: SoundWishes = { isOn: false, volume: 0.6, screen: 'there' };

/** What was wished for last in this browser. What is missing or invalid is as by default. */
export function rememberedSound(store: SoundStore | null): SoundWishes {
  const stored = read(store);
  const { isOn, volume, screen } = stored;
  return {
    isOn: typeof isOn === 'boolean' ? isOn : DEFAULTS.isOn,
    volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : DEFAULTS.volume,
    screen: screen === 'here' || screen === 'there' ? screen : DEFAULTS.screen,
  };
}

export function rememberSound(store: SoundStore | null, wishes: SoundWishes): void {
  try {
    store?.setItem(STORAGE_KEY, JSON.stringify(wishes));
  } catch {
    // A full or forbidden storage: they hold until the page ends.
  }
}

function read(store: SoundStore | null): Partial<Record<keyof SoundWishes, unknown>> {
  try {
    const stored: unknown = JSON.parse(store?.getItem(STORAGE_KEY) ?? '{}');
    return typeof stored === 'object' && stored !== null ? stored : {};
  } catch {
    return {};
  }
}
