import type { Clock } from '../../shared/clock.ts';
import type { SceneObject, TaskTypes } from '../sdk/types.ts';
import type { PartRequest, PartResult } from './messages.ts';
import { UNANSWERED_PAUSE_MS } from './offloaded-tasks.ts';

/** Pause between two pictures: a tenth of what a processor takes for one. */
export const PAUSE_MS = 40;
/** Turn of the ship from picture to picture: a full turn in 50 pictures. */
const TURN_RAD = 0.125;

type Render = (request: PartRequest<'hangar'>) => Promise<PartResult<'hangar'> | null>;

/** Renders the player's ship on a turntable, one ray-traced picture after the other, until it is disposed. */
export class Hangar {
  readonly #render: Render;
  readonly #clock: Clock;
  readonly #show: (image: ImageData) => void;
  #cancelNext = (): void => {};
  #count = 0;
  #isDisposed = false;

  constructor(render: Render, clock: Clock, show: (image: ImageData) => void) {
    this.#render = render;
    this.#clock = clock;
    this.#show = show;
    void this.#renderNext();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#cancelNext();
  }

  async #renderNext(): Promise<void> {
    const id = ++this.#count;
    const input = hangarScene(id * TURN_RAD, id);
    const result = await this.#render({ part: 'hangar', id, input });
    if (this.#isDisposed) return;
    if (result) this.#show(result.image);
    // The pause leaves time for the game's frames and its other work.
    const afterMs = result ? PAUSE_MS : UNANSWERED_PAUSE_MS;
    this.#cancelNext = this.#clock.after(afterMs, () => void this.#renderNext());
  }
}

type Scene = TaskTypes['raytracing']['input'];
type Vec3 = [number, number, number];
type Box = { from: Vec3; to: Vec3 };

/** Pixels. Small enough that a processor keeps the ship turning. */
const SIZE = { width: 256, height: 144 } as const;
const SAMPLES = 4;

const SHIP = { color: [0.95, 0.16, 0.26] as Vec3, reflectivity: 0.12 };
const DARK = { color: [0.07, 0.07, 0.1] as Vec3, reflectivity: 0.1 };
const STEEL = { color: [0.35, 0.36, 0.45] as Vec3, reflectivity: 0.25 };
const FLOOR = { color: [0.13, 0.12, 0.2] as Vec3, reflectivity: 0.35 };
const WALL = { color: [0.16, 0.13, 0.27] as Vec3 };
const CYAN = { color: [0.2, 0.85, 1] as Vec3, reflectivity: 0.3 };
const AMBER = { color: [1, 0.66, 0.16] as Vec3, reflectivity: 0.15 };

/** The player's ship: a wedge with its nose towards -z, in metres, as in the race. */
const WEDGE: readonly Vec3[] = [
  ...([
    [-0.34, 0, -2.7],
    [0.34, 0, -2.7],
    [0.34, 0.22, -2.7],
    [-0.34, 0.22, -2.7],
  ] as Vec3[]),
  ...([
    [-0.75, 0, 2],
    [0.75, 0, 2],
    [0.75, 0.55, 2],
    [-0.75, 0.55, 2],
  ] as Vec3[]),
];
const PODS: readonly Box[] = [-1, 1].map((side) => ({
  from: [side * 1.3 - 0.32, -0.12, -0.9],
  to: [side * 1.3 + 0.32, 0.42, 2.1],
}));
const WING: Box = { from: [-1.62, 0.95, 1.55], to: [1.62, 1.05, 2.15] };
const STRUTS: readonly Box[] = [-1, 1].map((side) => ({
  from: [side * 1.3 - 0.06, 0.4, 1.7],
  to: [side * 1.3 + 0.06, 0.98, 2],
}));
const CANOPY: Box = { from: [-0.3, 0.4, -0.6], to: [0.3, 0.72, 0.7] };

/** The hangar as a ray-tracing scene. @param turnRad - turn of the ship on its turntable */
export function hangarScene(turnRad: number, seed: number): Scene {
  const turned = (corners: readonly Vec3[]) => corners.map((corner) => turn(corner, turnRad));
  const ship: SceneObject[] = [
    hexahedron(turned(WEDGE), SHIP),
    ...[...PODS, WING].map((box) => hexahedron(turned(cornersOf(box)), SHIP)),
    ...STRUTS.map((box) => hexahedron(turned(cornersOf(box)), DARK)),
    hexahedron(turned(cornersOf(CANOPY)), DARK),
  ];
  return {
    camera: { position: [4.6, 2.5, -5.4], target: [0, 0.75, 0], fovDeg: 38 },
    objects: [...ship, ...HALL],
    lights: [
      { position: [4, 5.5, -4], color: [0.75, 0.72, 0.8] },
      { position: [-5, 4, 1.5], color: [0.12, 0.42, 0.55] },
    ],
    background: [0.01, 0.01, 0.03],
    ...SIZE,
    samplesPerPixel: SAMPLES,
    seed,
  };
}

/** Everything that does not turn. */
const HALL: readonly SceneObject[] = [
  { type: 'plane', point: [0, -0.55, 0], normal: [0, 1, 0], material: FLOOR },
  { type: 'plane', point: [0, 0, 7], normal: [0, 0, -1], material: WALL },
  { type: 'plane', point: [-8, 0, 0], normal: [1, 0, 0], material: WALL },
  // Lamps around the turntable.
  ...Array.from({ length: 10 }, (_, nth): SceneObject => {
    const rad = (nth * Math.PI) / 5;
    const center: Vec3 = [3.3 * Math.cos(rad), -0.45, 3.3 * Math.sin(rad)];
    return { type: 'sphere', center, radius: 0.12, material: nth % 2 === 0 ? CYAN : AMBER };
  }),
  // Fuel tanks and boxes along the wall.
  ...[-5.2, -3.9].map((x): SceneObject => ({ type: 'sphere', center: [x, 0.1, 4.6], radius: 0.65, material: STEEL })),
  ...[2.2, 3.5, 2.8].map((x, nth) =>
    hexahedron(
      cornersOf({ from: [x, nth < 2 ? -0.55 : 0.45, 5], to: [x + 1, nth < 2 ? 0.45 : 1.45, 6] }),
      nth === 1 ? AMBER : STEEL,
    ),
  ),
];

function turn([x, y, z]: Vec3, rad: number): Vec3 {
  return [x * Math.cos(rad) + z * Math.sin(rad), y, z * Math.cos(rad) - x * Math.sin(rad)];
}

/** Corners in the order of {@link WEDGE}: around the near face, then around the far one. */
function cornersOf({ from: [x0, y0, z0], to: [x1, y1, z1] }: Box): Vec3[] {
  return [z0, z1].flatMap((z): Vec3[] => [
    [x0, y0, z],
    [x1, y0, z],
    [x1, y1, z],
    [x0, y1, z],
  ]);
}

function hexahedron(corners: readonly Vec3[], material: SceneObject['material']): SceneObject {
  const faces = [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [0, 1, 5, 4],
    [3, 2, 6, 7],
    [0, 3, 7, 4],
    [1, 2, 6, 5],
  ] as const;
  const indices = faces.flatMap(([a, b, c, d]) => [a, b, c, a, c, d]);
  return { type: 'mesh', positions: Float32Array.from(corners.flat()), indices: Uint32Array.from(indices), material };
}
