import { Color, Fog, type Group, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from 'three';
import { type Craft, HANDLING } from '../simulation/craft.ts';
import type { Random } from '../simulation/numbers.ts';
import type { Race } from '../simulation/race.ts';
import type { Track } from '../simulation/track.ts';
import { cityMesh } from './city-mesh.ts';
import { CraftMesh } from './craft-mesh.ts';
import { DroneMesh } from './drone-mesh.ts';
import { GlowMesh } from './glow-mesh.ts';
import { Hud } from './hud.ts';
import { DebrisMesh, OrbMesh, padMesh } from './items-mesh.ts';
import { PALETTE } from './paint.ts';
import { roadMesh } from './road-mesh.ts';
import { roadsideMesh } from './roadside-mesh.ts';
import { skyMesh } from './sky-mesh.ts';

const FOG_M = { near: 60, far: 620 } as const;

export interface RaceSceneOptions {
  canvas: OffscreenCanvas;
  context: WebGL2RenderingContext;
  race: Race;
  /** Places lit windows and stars. */
  random: Random;
  /** Reduced motion. */
  isCalm: boolean;
  /**
   * Canvas pixels along a side of a pixel of the head-up display: a larger picture of the same frame.
   * @default 1
   */
  pixelRatio?: number;
}

/** Draws a race, without lights, shadows or full-screen passes, so that software WebGL keeps up. */
export class RaceScene {
  readonly #renderer: WebGLRenderer;
  readonly #race: Race;
  readonly #scene = new Scene();
  readonly #camera: ChaseCamera;
  readonly #hud: Hud;
  readonly #sky: Group;
  readonly #crafts: CraftMesh;
  readonly #glows: GlowMesh;
  readonly #orbs: OrbMesh;
  readonly #drones: DroneMesh;
  readonly #debris: DebrisMesh;

  constructor({ canvas, context, race, random, isCalm, pixelRatio = 1 }: RaceSceneOptions) {
    const { width, height } = canvas;
    this.#race = race;
    this.#renderer = new WebGLRenderer({ canvas, context });
    this.#renderer.setSize(width, height, false);
    this.#renderer.autoClear = false;
    this.#camera = new ChaseCamera(width / height, isCalm);
    this.#hud = new Hud(race, width / pixelRatio, height / pixelRatio, isCalm);
    this.#sky = skyMesh(random);
    this.#crafts = new CraftMesh(1 + race.rivals.length);
    this.#glows = new GlowMesh(1 + race.rivals.length);
    this.#orbs = new OrbMesh(race.items);
    this.#drones = new DroneMesh(race.drones.drones.length);
    this.#debris = new DebrisMesh(race.debris.pieceCount);
    this.#scene.fog = new Fog(new Color(PALETTE.fog), FOG_M.near, FOG_M.far);
    this.#scene.add(
      roadMesh(race.track, random),
      roadsideMesh(race.track),
      cityMesh(race.city, random),
      padMesh(race.items, race.track),
      this.#crafts.object,
      this.#orbs.object,
      this.#drones.object,
      this.#debris.object,
      this.#glows.object,
      this.#sky,
    );
  }

  /** @param aheadS - time since the last simulated step. */
  draw(aheadS: number): void {
    const { track, player, rivals, items, drones, debris, timeS } = this.#race;
    const crafts = [player, ...rivals];
    this.#crafts.update(crafts, track, timeS, aheadS);
    this.#glows.update(crafts, track, timeS, aheadS);
    this.#orbs.update(items, track, timeS);
    this.#drones.update(drones.drones, timeS, aheadS);
    this.#debris.update(debris, timeS + aheadS);
    this.#camera.update(player, track, aheadS);
    this.#sky.position.copy(this.#camera.camera.position);
    this.#hud.update(this.#race);
    this.#renderer.clear();
    this.#renderer.render(this.#scene, this.#camera.camera);
    this.#renderer.clearDepth();
    this.#renderer.render(this.#hud.scene, this.#hud.camera);
  }

  /** What the last frame was drawn with, without the head-up display: for pictures of the same state from elsewhere. */
  get view(): { renderer: WebGLRenderer; scene: Scene; camera: PerspectiveCamera } {
    return { renderer: this.#renderer, scene: this.#scene, camera: this.#camera.camera };
  }

  /** Ends the context too, with all that it holds: browsers allow some 16, and one that is only forgotten lives until it is collected. */
  dispose(): void {
    this.#renderer.dispose();
    this.#renderer.forceContextLoss();
  }
}

const BEHIND_M = 8.2;
const ABOVE_M = 3.1;
const LOOK_AHEAD_M = 16;
const FOV_DEG = 62;
const FAR_M = 2_600;

/** Follows the player along the road. With reduced motion it does not roll or zoom, and is higher and further back. */
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
