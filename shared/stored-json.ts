/** Where a page keeps what a person chose: `localStorage`, or what a test puts in its place. */
export type TextStore = Pick<Storage, 'getItem' | 'setItem'>;

/**
 * Ten times what the largest choices take, a volunteer's limits with 64 origins, in characters: whatever else is stored under the name is not even
 * parsed.
 */
const MAX_STORED_CHARS = 65_536;

/** What is kept under this name, unchecked; null where nothing is that can be read. @param store - null where cookies are blocked */
export function readStored(store: TextStore | null, key: string): unknown {
  try {
    const text = store?.getItem(key) ?? '';
    return text.length > MAX_STORED_CHARS ? null : JSON.parse(text || 'null');
  } catch {
    return null;
  }
}

/** Keeps a value. In a storage that is full or forbidden it is kept for as long as the page lives, by whoever has it. */
export function writeStored(store: TextStore | null, key: string, value: unknown): void {
  try {
    store?.setItem(key, JSON.stringify(value));
  } catch {
    // Nothing to do about it, and nothing that the person needs to know.
  }
}
