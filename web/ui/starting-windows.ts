// A volunteer's window on the gamer's own machine measures that machine for seconds before it joins the room. The gamer's page learns of it
// over a channel that only pages of this origin in this browser share.

/** What both ends need of a BroadcastChannel. */
export interface WindowChannel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

/** What a volunteer's window does before it is linked, as far as the page knows. A window that was opened may have been blocked. */
export type StartingWindow = 'opening' | 'measuring';

/** Does something once after a time, ms. @returns a function that cancels */
export type After = (delayMs: number, action: () => void) => () => void;

/** How often a window says that it still measures, ms: browsers run the timers of hidden windows once a second. */
const REPEAT_MS = 1_000;
/** How long a page believes it, ms: a window that was closed says nothing any more. */
const BELIEVED_MS = 3_500;
/** How long a window that is done may take to be linked, ms. */
const LINKING_MS = 2_000;
/** How long a window that was just opened may take to load and to say that it measures, ms. */
const LOADING_MS = 10_000;

/** @returns null where the browser has none, or the page has no origin */
export function openWindowChannel(): WindowChannel | null {
  try {
    return new BroadcastChannel('p2c2r.volunteer-windows');
  } catch {
    return null;
  }
}

/**
 * Tells the gamer's pages that a volunteer's window for this room is measuring, until it says otherwise.
 * @returns a function to call when it is done, or gave up
 */
export function announceMeasuring(channel: WindowChannel | null, room: string, after: After): () => void {
  let cancel = () => {};
  const repeat = () => {
    channel?.postMessage({ room, isMeasuring: true });
    cancel = after(REPEAT_MS, repeat);
  };
  repeat();
  return () => {
    cancel();
    channel?.postMessage({ room, isMeasuring: false });
  };
}

/** Whether a volunteer's window for one room opens or measures itself, in this browser. */
export class StartingWindows {
  readonly #after: After;
  readonly #onChange: (starting: StartingWindow | null) => void;
  #room: string | null = null;
  #starting: StartingWindow | null = null;
  #cancel = () => {};

  constructor(channel: WindowChannel | null, after: After, onChange: (starting: StartingWindow | null) => void) {
    this.#after = after;
    this.#onChange = onChange;
    channel?.addEventListener('message', ({ data }) => this.#heard(data));
  }

  /** The room to listen for; null for none. */
  set room(room: string | null) {
    if (room === this.#room) return;
    this.#room = room;
    this.#set(null, 0);
  }

  /** The page has opened a window, which says nothing while it loads. */
  opened(): void {
    this.#set('opening', LOADING_MS);
  }

  #heard(data: unknown): void {
    const { room, isMeasuring }: { room?: unknown; isMeasuring?: unknown } = { ...(data ?? {}) };
    if (this.#room === null || room !== this.#room || typeof isMeasuring !== 'boolean') return;
    if (isMeasuring) this.#set('measuring', BELIEVED_MS);
    else if (this.#starting) this.#set('measuring', LINKING_MS);
  }

  #set(starting: StartingWindow | null, heldMs: number): void {
    this.#cancel();
    this.#cancel = starting ? this.#after(heldMs, () => this.#set(null, 0)) : () => {};
    if (starting === this.#starting) return;
    this.#starting = starting;
    this.#onChange(starting);
  }
}
