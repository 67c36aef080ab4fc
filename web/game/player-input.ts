import { type Controls, isTouched, NEUTRAL } from './simulation/craft.ts';
import { clamp } from './simulation/numbers.ts';

type Action = 'left' | 'right' | 'go' | 'brake' | 'boost';

/** By place on the keyboard, so that WASD works on every layout. */
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

/** Stands still until it is pressed again. */
const PAUSE_KEY = 'KeyP';

/** A pointer this share of the width from the middle steers fully. */
const FULL_STEER_SHARE = 0.3;

/**
 * Keys, pointers and gamepads on one element, as {@link Controls}. A finger or the mouse held down steers to where it is,
 * a second finger boosts. The element must be focusable to get keys; a press on it takes the focus.
 */
export class PlayerInput {
  readonly #target: HTMLElement;
  readonly #onControls: (controls: Controls) => void;
  readonly #held = new Set<Action>();
  readonly #pointers = new Map<number, number>();
  readonly #gamepad: GamepadInput;
  readonly #listening = new AbortController();
  #pad = NEUTRAL;
  #sent = NEUTRAL;

  constructor(target: HTMLElement, onControls: (controls: Controls) => void, onPauseKey: () => void) {
    this.#target = target;
    this.#onControls = onControls;
    this.#gamepad = new GamepadInput((controls) => {
      this.#pad = controls;
      this.#send();
    });
    const options = { signal: this.#listening.signal };
    target.addEventListener('keydown', (event) => this.#key(event, true), options);
    target.addEventListener(
      'keydown',
      ({ code, repeat }) => {
        if (code === PAUSE_KEY && !repeat) onPauseKey();
      },
      options,
    );
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
    this.#release();
  }

  #key(event: KeyboardEvent, isDown: boolean): void {
    const action = KEYS[event.code];
    // With a modifier it is the browser's or the system's shortcut. A release is always ours.
    if (!action || (isDown && (event.ctrlKey || event.metaKey || event.altKey))) return;
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
    const isPressed = this.#pointers.size > 0;
    return {
      steer: clamp(keys + this.#pointerSteer() + this.#pad.steer, -1, 1),
      go: held.has('go') || isPressed || (held.size > 0 && keys === 0) || isTouched(this.#pad),
      brake: held.has('brake') || this.#pad.brake,
      boost: held.has('boost') || this.#pointers.size > 1 || this.#pad.boost,
    };
  }

  /** The first finger steers. */
  #pointerSteer(): number {
    const [clientX] = this.#pointers.values();
    if (clientX === undefined) return 0;
    const { left, width } = this.#target.getBoundingClientRect();
    return width > 0 ? clamp((clientX - left - width / 2) / (width * FULL_STEER_SHARE), -1, 1) : 0;
  }
}

/** Of the standard gamepad layout (W3C Gamepad, "standard"). */
const STICK_X = 0;
const BUTTON = { boost: 0, brake: 1, brakeTrigger: 6, boostTrigger: 7, left: 14, right: 15 } as const;
/** Sticks at rest are seldom at zero. */
const DEAD_ZONE = 0.15;

/** Asks the first gamepad every animation frame, for as long as one is connected: gamepads have no events for their sticks. */
export class GamepadInput {
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
