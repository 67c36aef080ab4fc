import { type Controls, NEUTRAL } from './simulation/craft.ts';

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
