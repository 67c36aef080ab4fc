import { type Controls, NEUTRAL } from './simulation/craft.ts';
import { clamp } from './simulation/numbers.ts';
import './touch-pads.css';

/** A thumb so far from the middle of the pad, as a share of its width, steers fully. */
const FULL_STEER_SHARE = 0.35;

type PadName = 'steer' | 'boost' | 'brake';

const LABELS: Record<PadName, readonly string[]> = { steer: ['◀', '▶'], boost: ['Boost'], brake: ['Brake'] };

export interface TouchPadsHandlers {
  onControls(controls: Controls): void;
  onPause(): void;
}

/**
 * Pads on the picture for two thumbs, on phones and tablets, and wherever the picture was touched: steering at the left, boost and brake at the right. A pad is held by
 * one finger, which may leave it without letting go. Other fingers on the picture are left to {@link PlayerInput}.
 */
export class TouchPads {
  readonly #layer = document.createElement('div');
  readonly #handlers: TouchPadsHandlers;
  readonly #listening = new AbortController();
  /** Which finger holds a pad. */
  readonly #fingers = new Map<PadName, number>();
  #steer = 0;

  /** @param target - has the picture's size; it is positioned */
  constructor(target: HTMLElement, handlers: TouchPadsHandlers) {
    this.#handlers = handlers;
    this.#layer.className = 'touch-pads';
    for (const name of ['steer', 'brake', 'boost'] as const) this.#layer.append(this.#makePad(name));
    this.#layer.append(this.#makePause());
    target.append(this.#layer);
    const shown = ({ pointerType }: PointerEvent) => {
      if (pointerType === 'touch') this.#layer.classList.add('touch-pads--shown');
    };
    target.addEventListener('pointerdown', shown, { signal: this.#listening.signal, capture: true });
  }

  /** Lets go of every pad, although a finger may still be on it. Tells nobody. */
  release(): void {
    this.#fingers.clear();
    this.#steer = 0;
    for (const pad of this.#layer.children) pad.classList.remove('touch-pads__pad--pressed');
  }

  dispose(): void {
    this.#listening.abort();
    this.#layer.remove();
  }

  #makePad(name: PadName): HTMLElement {
    const pad = document.createElement('div');
    pad.className = `touch-pads__pad touch-pads__pad--${name}`;
    pad.dataset.testid = `pad-${name}`;
    // Keys do the same for those who do not see them.
    pad.ariaHidden = 'true';
    pad.append(...LABELS[name].map((label) => Object.assign(document.createElement('span'), { textContent: label })));
    const { signal } = this.#listening;
    pad.addEventListener('pointerdown', (event) => this.#press(name, pad, event), { signal });
    pad.addEventListener('pointermove', (event) => this.#move(name, pad, event), { signal });
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
      pad.addEventListener(end, (event) => this.#lift(name, pad, event), { signal });
    }
    return pad;
  }

  #makePause(): HTMLElement {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'II' });
    button.className = 'touch-pads__pad touch-pads__pad--pause';
    button.ariaLabel = 'Pause the game, or go on';
    const { signal } = this.#listening;
    button.addEventListener('pointerdown', (event) => event.stopPropagation(), { signal });
    button.addEventListener('click', () => this.#handlers.onPause(), { signal });
    // The picture's keys are not the button's.
    button.addEventListener('keydown', (event) => event.stopPropagation(), { signal });
    return button;
  }

  #press(name: PadName, pad: HTMLElement, event: PointerEvent): void {
    if (event.button !== 0) return;
    // The finger holds this pad and does not steer by its place on the picture.
    event.stopPropagation();
    event.preventDefault();
    if (this.#fingers.has(name)) return;
    pad.setPointerCapture(event.pointerId);
    pad.classList.add('touch-pads__pad--pressed');
    this.#fingers.set(name, event.pointerId);
    this.#move(name, pad, event);
  }

  #move(name: PadName, pad: HTMLElement, { pointerId, clientX }: PointerEvent): void {
    if (this.#fingers.get(name) !== pointerId) return;
    if (name === 'steer') {
      const { left, width } = pad.getBoundingClientRect();
      this.#steer = width > 0 ? clamp((clientX - left - width / 2) / (width * FULL_STEER_SHARE), -1, 1) : 0;
    }
    this.#tell();
  }

  #lift(name: PadName, pad: HTMLElement, { pointerId }: PointerEvent): void {
    if (this.#fingers.get(name) !== pointerId) return;
    this.#fingers.delete(name);
    pad.classList.remove('touch-pads__pad--pressed');
    if (name === 'steer') this.#steer = 0;
    this.#tell();
  }

  #tell(): void {
    const { onControls } = this.#handlers;
    const held = this.#fingers;
    const controls = { steer: this.#steer, go: true, brake: held.has('brake'), boost: held.has('boost') };
    onControls(held.size === 0 ? NEUTRAL : controls);
  }
}
