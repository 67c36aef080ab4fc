import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { TextStore } from '../../../shared/stored-json.ts';
import type { Report } from '../renderers.ts';
import type { Source } from '../source.ts';
import { rememberedSound, rememberSound, type ScreenSound } from './remembered-sound.ts';
import type { RecordedSound, SoundOutput } from './sound-output.ts';

type Output = Pick<SoundOutput, keyof SoundOutput>;

interface PageSoundOptions {
  source: ReadonlySignal<Source | null>;
  report: ReadonlySignal<Report | null>;
  store: TextStore | null;
  /** Opens the audio hardware. Called once, and not before the person asked. */
  openOutput: () => Output;
  /** Calls back when the person first does something on the page; browsers let it make no sound before. @returns cancels that */
  whenActive: (callback: () => void) => () => void;
}

/**
 * What is heard on the page: the sound of its source, in step with the picture, at the person's volume, or nothing. No audio context exists
 * before the person asked for sound, in this tab or on an earlier visit, and did something on the page.
 */
export class PageSound {
  /** 0 to 1. */
  readonly volume = signal(0);
  /** Where the sound of the next shared tab is heard. */
  readonly screen = signal<ScreenSound>('there');
  /** Whether the source has a sound. */
  readonly isOffered: ReadonlySignal<boolean>;
  /** Whether the person wants to hear the source. */
  readonly isOn: ReadonlySignal<boolean>;
  readonly #options: PageSoundOptions;
  readonly #wantsSound = signal(false);
  /** Only of the tab that is shared now: whoever shares another one with its sound wants to hear that. */
  readonly #isTabMuted = signal(false);
  readonly #isActive = signal(false);
  readonly #recordings = signal(0);
  readonly #output = signal<Output | null>(null);
  readonly #endings: (() => void)[];

  constructor(options: PageSoundOptions) {
    this.#options = options;
    const { source, report, store, whenActive } = options;
    const wishes = rememberedSound(store);
    this.#wantsSound.value = wishes.isOn;
    this.volume.value = wishes.volume;
    this.screen.value = wishes.screen;
    const sound = computed(() => (source.value && source.value.kind !== 'image' ? source.value.sound : null));
    this.isOffered = computed(() => sound.value !== null);
    this.isOn = computed(
      () =>
        sound.value !== null && (source.value?.kind === 'screen' ? !this.#isTabMuted.value : this.#wantsSound.value),
    );
    const isConnected = computed(() => {
      if (!this.isOn.value || !this.#isActive.value) return false;
      // A clip keeps the audio context running: a game that is paused meanwhile would hum on in the room and in the clip.
      return sound.value?.isPlaying.value === true || this.#recordings.value === 0;
    });
    this.#endings = [
      whenActive(() => {
        this.#isActive.value = true;
      }),
      effect(() => {
        if (source.value) this.#isTabMuted.value = false;
      }),
      effect(() => (isConnected.value ? sound.value?.connect(this.#opened().input) : undefined)),
      effect(() => {
        const isHeard = this.isOn.value && sound.value?.isPlaying.value === true;
        const isNeeded = sound.value?.standsStill.value === true || this.#recordings.value > 0;
        this.#output.value?.run(isHeard || isNeeded);
      }),
      effect(() => this.#output.value?.setVolume(this.volume.value)),
      effect(() => {
        const delayMs = pictureDelayMs(report.value);
        if (delayMs !== null) this.#output.value?.follow(delayMs);
      }),
    ];
  }

  /** Turns the sound of the source on or off. Call it in the handler of a click. */
  toggle(): void {
    this.#isActive.value = true;
    if (this.#options.source.value?.kind === 'screen') {
      this.#isTabMuted.value = !this.#isTabMuted.value;
      return;
    }
    this.#wantsSound.value = !this.#wantsSound.value;
    this.#remember();
  }

  setVolume(volume: number): void {
    this.volume.value = Math.min(1, Math.max(0, volume));
    this.#remember();
  }

  setScreen(screen: ScreenSound): void {
    this.screen.value = screen;
    this.#remember();
  }

  /** What is heard from now on, through changes of source too; null while nothing is to be heard. */
  record(): RecordedSound | null {
    const recorded = this.isOn.value ? this.#output.value?.record() : null;
    if (!recorded) return null;
    this.#recordings.value++;
    const release = () => {
      recorded.release();
      this.#recordings.value--;
    };
    return { track: recorded.track, release };
  }

  dispose(): void {
    for (const end of this.#endings) end();
    this.#output.value?.close();
    this.#output.value = null;
  }

  #opened(): Output {
    const opened = untracked(() => this.#output.value) ?? this.#options.openOutput();
    this.#output.value = opened;
    return opened;
  }

  #remember(): void {
    const wishes = { isOn: this.#wantsSound.value, volume: this.volume.value, screen: this.screen.value };
    rememberSound(this.#options.store, wishes);
  }
}

/**
 * How late the picture on the page is. Before the first frame of a stream the source itself is shown, which is not late. Null while that is
 * not known: a picture that stands still was measured before.
 */
function pictureDelayMs(report: Report | null): number | null {
  if (report?.kind !== 'stream' || !report.size) return 0;
  return report.stats.glassToGlassMs.p50 || null;
}

/** Calls back when the person first presses something on the page, at once where that has been. */
export function whenActive(callback: () => void): () => void {
  const listening = new AbortController();
  const options = { signal: listening.signal, capture: true };
  const isActive = () => {
    // Escape, and keys that the system takes, allow no sound.
    if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
    listening.abort();
    callback();
  };
  if (navigator.userActivation?.hasBeenActive) callback();
  // A touch counts when it ends, a mouse button when it is pressed (HTML Standard, activation triggering input events).
  else for (const event of ['mousedown', 'pointerup', 'keydown']) addEventListener(event, isActive, options);
  return () => listening.abort();
}
