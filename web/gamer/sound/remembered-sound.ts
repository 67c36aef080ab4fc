import { readStored, type TextStore, writeStored } from '../../../shared/stored-json.ts';

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

export const STORAGE_KEY = 'p2c2r.sound';
/** Off until asked: a page that makes a noise by itself is closed. */
const DEFAULTS: SoundWishes = { isOn: false, volume: 0.6, screen: 'there' };

/** What was wished for last in this browser. What is missing or invalid is as by default. */
export function rememberedSound(store: TextStore | null): SoundWishes {
  const stored = read(store);
  const { isOn, volume, screen } = stored;
  return {
    isOn: typeof isOn === 'boolean' ? isOn : DEFAULTS.isOn,
    volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : DEFAULTS.volume,
    screen: screen === 'here' || screen === 'there' ? screen : DEFAULTS.screen,
  };
}

export function rememberSound(store: TextStore | null, wishes: SoundWishes): void {
  writeStored(store, STORAGE_KEY, wishes);
}

function read(store: TextStore | null): Partial<Record<keyof SoundWishes, unknown>> {
  const stored = readStored(store, STORAGE_KEY);
  return typeof stored === 'object' && stored !== null ? stored : {};
}
