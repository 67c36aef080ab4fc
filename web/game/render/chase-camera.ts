import { PerspectiveCamera, Vector3 } from 'three';
import type { Craft } from '../simulation/craft.ts';
import { HANDLING } from '../simulation/craft.ts';
import type { Track } from '../simulation/track.ts';

const BEHIND_M = 8.2;
const ABOVE_M = 3.1;
const LOOK_AHEAD_M = 16;
const FOV_DEG = 62;
const FAR_M = 2_600;

/** Follows the player along the road. Calm for who prefers reduced motion: no roll, no zoom, higher and further back. */
export class ChaseCamera {
  readonly camera: PerspectiveCamera;
  readonly #isCalm: boolean;
  readonly #target = new Vector3();
  #zoom = 0;

  constructor(aspect: number, isCalm: boolean) {
    this.camera = new PerspectiveCamera(FOV_DEG, aspect, 0.5, FAR_M);
    this.#isCalm = isCalm;
  }

  update(craft: Craft, track: Track, aheadS: number): void {
    const { distanceM, lateralM } = craft.poseAt(aheadS);
    const calm = this.#isCalm ? 1 : 0;
    const eye = track.place(distanceM - BEHIND_M - 3 * calm, lateralM * (0.82 - 0.3 * calm), ABOVE_M + 1.6 * calm);
    const goal = track.place(distanceM + LOOK_AHEAD_M, lateralM * (0.6 - 0.25 * calm), 1.1);
    const { bankRad } = track.at(distanceM);
    const roll = this.#isCalm ? 0 : bankRad * 0.6 + craft.steer * 0.045;
    const { headingRad } = track.at(distanceM);
    this.camera.position.set(eye.x, eye.y, eye.z);
    this.camera.up.set(Math.cos(headingRad) * Math.sin(roll), Math.cos(roll), Math.sin(headingRad) * Math.sin(roll));
    this.camera.lookAt(this.#target.set(goal.x, goal.y, goal.z));
    this.#widen(craft);
  }

  #widen(craft: Craft): void {
    if (this.#isCalm) return;
    const wanted = Math.max(0, craft.speedMps / HANDLING.topSpeedMps - 0.6) * 22;
    this.#zoom += (wanted - this.#zoom) * 0.06;
    this.camera.fov = FOV_DEG + this.#zoom;
    this.camera.updateProjectionMatrix();
  }
}
