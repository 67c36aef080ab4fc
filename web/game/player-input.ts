import { type Controls, isTouched, NEUTRAL } from './simulation/craft.ts';
import { clamp } from './simulation/numbers.ts';
import { TouchPads } from './touch-pads.ts';

type Action = 'left' | 'right' | 'go' | 'brake' | 'boost';

/** By physical key, so that WASD works on every layout. */
const KEYS: Readonly<Record<string, Action>> = {
  ArrowLeft: 'left',
  KeyA: 'left',
  ArrowRight: 'right',
  KeyD: 'right',
  ArrowUp: 'go',
  KeyW: 'go',
  ArrowDown: 'brake',
  KeyS: 'brake',
  Space: 'boost',
};

/** Pauses the game, and resumes it. */
const PAUSE_KEY = 'KeyP';

/** A pointer this far from the middle steers fully, as a share of the width. */
const FULL_STEER_SHARE = 0.3;

/**
 * Converts keys, pointers, gamepads and {@link TouchPads} on one element to {@link Controls}. A finger or the pressed mouse steers towards its position; a
 * second finger boosts. The element must be focusable to get keys; pressing it focuses it, and so does a key of the game that nothing else
 * on the page has the focus for.
 */
export class PlayerInput {
  readonly #target: HTMLElement;
  readonly #onControls: (controls: Controls) => void;
  readonly #onPauseKey: () => void;
  readonly #held = new Set<Action>();
  readonly #pointers = new Map<number, number>();
  readonly #gamepad: GamepadInput;
  readonly #touchPads: TouchPads;
  readonly #listening = new AbortController();
  #pad = NEUTRAL;
  #touched = NEUTRAL;
  #sent = NEUTRAL;

  constructor(target: HTMLElement, onControls: (controls: Controls) => void, onPauseKey: () => void) {
    this.#target = target;
    this.#onControls = onControls;
    this.#onPauseKey = onPauseKey;
    this.#gamepad = new GamepadInput((controls) => {
      this.#pad = controls;
      this.#send();
    });
    this.#touchPads = new TouchPads(target, {
      onControls: (controls) => {
        this.#touched = controls;
        this.#send();
      },
      onPause: onPauseKey,
    });
    const options = { signal: this.#listening.signal };
    target.ownerDocument.addEventListener('keydown', (event) => this.#takeUnclaimed(event), options);
    target.addEventListener('keydown', (event) => this.#key(event, true), options);
    target.addEventListener('keyup', (event) => this.#key(event, false), options);
    target.addEventListener('pointerdown', (event) => this.#press(event), options);
    target.addEventListener('pointermove', (event) => this.#move(event), options);
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
      target.addEventListener(end, (event) => this.#lift(event), options);
    }
    target.addEventListener('blur', () => this.#release(), options);
  }

  dispose(): void {
    this.#listening.abort();
    this.#gamepad.dispose();
    this.#touchPads.dispose();
    this.#release();
  }

  /**
   * On a fresh page nothing has the focus: the first key of the game gives it to the game. Out of view, the keys scroll the page as ever. The
   * pause key also counts on the buttons over the picture, which have the focus after they were pressed and do nothing with it.
   */
  #takeUnclaimed(event: KeyboardEvent): void {
    const { activeElement, body } = this.#target.ownerDocument;
    const isUnclaimed = !event.defaultPrevented && (activeElement === null || activeElement === body);
    const isOnButton =
      activeElement !== this.#target && this.#target.closest('figure')?.contains(activeElement) === true;
    const isOfGame = event.code in KEYS || event.code === PAUSE_KEY;
    const isForGame = (isUnclaimed && isOfGame) || (isOnButton && event.code === PAUSE_KEY);
    if (!isForGame || isShortcut(event) || !isMostlyInView(this.#target)) return;
    this.#target.focus({ preventScroll: true });
    this.#key(event, true);
  }

  #key(event: KeyboardEvent, isDown: boolean): void {
    // A release is always handled.
    if (isDown && isShortcut(event)) return;
    if (isDown && event.code === PAUSE_KEY && !event.repeat) this.#onPauseKey();
    const action = KEYS[event.code];
    if (!action) return;
    event.preventDefault();
    if (isDown) this.#held.add(action);
    else this.#held.delete(action);
    this.#send();
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#target.focus({ preventScroll: true });
    this.#target.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event.clientX);
    this.#send();
  }

  #move(event: PointerEvent): void {
    if (!this.#pointers.has(event.pointerId)) return;
    this.#pointers.set(event.pointerId, event.clientX);
    this.#send();
  }

  #lift(event: PointerEvent): void {
    if (this.#pointers.delete(event.pointerId)) this.#send();
  }

  #release(): void {
    this.#held.clear();
    this.#pointers.clear();
    this.#pad = NEUTRAL;
    this.#touchPads.release();
    this.#touched = NEUTRAL;
    this.#send();
  }

  #send(): void {
    const controls = this.#controls();
    const { steer, go, brake, boost } = this.#sent;
    if (steer === controls.steer && go === controls.go && brake === controls.brake && boost === controls.boost) return;
    this.#sent = controls;
    this.#onControls(controls);
  }

  #controls(): Controls {
    const held = this.#held;
    const keys = Number(held.has('right')) - Number(held.has('left'));
    const others = [this.#pad, this.#touched];
    return {
      steer: clamp(keys + this.#pointerSteer() + this.#pad.steer + this.#touched.steer, -1, 1),
      go: held.has('go') || this.#pointers.size > 0 || (held.size > 0 && keys === 0) || others.some(isTouched),
      brake: held.has('brake') || others.some(({ brake }) => brake),
      boost: held.has('boost') || this.#pointers.size > 1 || others.some(({ boost }) => boost),
    };
  }

  /** Steering of the first finger. */
  #pointerSteer(): number {
    const [clientX] = this.#pointers.values();
    if (clientX === undefined) return 0;
    const { left, width } = this.#target.getBoundingClientRect();
    return width > 0 ? clamp((clientX - left - width / 2) / (width * FULL_STEER_SHARE), -1, 1) : 0;
  }
}

/** With a modifier, a key press is a shortcut of the browser or the system. */
function isShortcut({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}

function isMostlyInView(element: HTMLElement): boolean {
  const { top, bottom, height } = element.getBoundingClientRect();
  return Math.min(bottom, innerHeight) - Math.max(top, 0) > height / 2;
}

/** Indices in the standard gamepad layout (W3C Gamepad, "standard"). */
const STICK_X = 0;
const BUTTON = { boost: 0, brake: 1, brakeTrigger: 6, boostTrigger: 7, left: 14, right: 15 } as const;
/** Sticks at rest are rarely at exactly zero. */
const DEAD_ZONE = 0.15;

/** Polls the first gamepad in every animation frame while one is connected, since sticks have no events. */
class GamepadInput {
  readonly #onControls: (controls: Controls) => void;
  readonly #listening = new AbortController();
  #request: number | null = null;

  constructor(onControls: (controls: Controls) => void) {
    this.#onControls = onControls;
    addEventListener('gamepadconnected', () => this.#poll(), { signal: this.#listening.signal });
    if (this.#first()) this.#poll();
  }

  dispose(): void {
    this.#listening.abort();
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    this.#request = null;
  }

  #first(): Gamepad | null {
    return navigator.getGamepads().find((gamepad) => gamepad !== null) ?? null;
  }

  #poll(): void {
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    const gamepad = this.#first();
    this.#request = gamepad ? requestAnimationFrame(() => this.#poll()) : null;
    this.#onControls(gamepad ? controlsOf(gamepad) : NEUTRAL);
  }
}

function controlsOf({ axes, buttons }: Gamepad): Controls {
  const isDown = (button: number) => buttons[button]?.pressed ?? false;
  const stick = axes[STICK_X] ?? 0;
  const cross = Number(isDown(BUTTON.right)) - Number(isDown(BUTTON.left));
  return {
    steer: cross !== 0 ? cross : Math.abs(stick) > DEAD_ZONE ? stick : 0,
    go: false,
    brake: isDown(BUTTON.brake) || isDown(BUTTON.brakeTrigger),
    boost: isDown(BUTTON.boost) || isDown(BUTTON.boostTrigger),
  };
}
