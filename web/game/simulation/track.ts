import { lerp, type Random, wrap } from './numbers.ts';

/** A point on the centre line. Right-handed, y up; heading 0 looks along -z and grows to the right. */
export interface TrackPoint {
  x: number;
  y: number;
  z: number;
  headingRad: number;
  /** 1/m, positive where the road turns right. */
  curvature: number;
  /** Roll of the road, positive when its right side is lower. */
  bankRad: number;
}

/** Height of the plain below the road. */
export const GROUND_Y = -13;

const SAMPLES = 1024;
const BASE_RADIUS_M = 185;
/** Share of the radius each harmonic may add. The sum stays small enough for the tightest bend to be over 30 m in radius. */
const HARMONICS = [0.12, 0.1, 0.055, 0.03] as const;
const HILL_M = 5;
/** Bends are banked by this many radians per 1/m, up to the limit. */
const BANK_PER_CURVATURE = 14;
const MAX_BANK_RAD = 0.22;

/** A closed road round a point, so that it never crosses itself, in equal steps of arc length. */
export class Track {
  readonly lengthM: number;
  /** From the centre line to the barrier. */
  readonly halfWidthM = 8;
  readonly #points: readonly TrackPoint[];

  constructor(random: Random) {
    const shape = HARMONICS.map((share, index) => ({
      order: index + 2,
      share: share * (0.7 + 0.3 * random()),
      phase: random() * 2 * Math.PI,
    }));
    const hills = [2, 3, 5].map((order) => ({ order, phase: random() * 2 * Math.PI }));
    const outline = outlineOf(shape);
    this.lengthM = outline.lengthM;
    this.#points = Array.from({ length: SAMPLES }, (_, index) => {
      const share = index / SAMPLES;
      const here = outline.at(share);
      const before = outline.at(share - 0.5 / SAMPLES);
      const after = outline.at(share + 0.5 / SAMPLES);
      const headingRad = headingOf(before, after);
      const curvature = smoothCurvature(outline, share);
      const y = hills.reduce((sum, { order, phase }) => sum + Math.sin(2 * Math.PI * order * share + phase) / order, 0);
      const bankRad = Math.max(-MAX_BANK_RAD, Math.min(MAX_BANK_RAD, curvature * BANK_PER_CURVATURE));
      return { x: here.x, y: y * HILL_M, z: here.z, headingRad, curvature, bankRad };
    });
  }

  /** @param distanceM - along the centre line; any number, since laps wrap around */
  at(distanceM: number): TrackPoint {
    const position = (wrap(distanceM, this.lengthM) / this.lengthM) * SAMPLES;
    const index = Math.floor(position) % SAMPLES;
    const share = position - Math.floor(position);
    const from = this.#points[index];
    const to = this.#points[(index + 1) % SAMPLES];
    if (!from || !to) throw new RangeError(`No point of the track at ${distanceM} m.`);
    return {
      x: lerp(from.x, to.x, share),
      y: lerp(from.y, to.y, share),
      z: lerp(from.z, to.z, share),
      headingRad: from.headingRad + turnBetween(from.headingRad, to.headingRad) * share,
      curvature: lerp(from.curvature, to.curvature, share),
      bankRad: lerp(from.bankRad, to.bankRad, share),
    };
  }

  /** World position of a point beside the centre line: `lateralM` to the right, `heightM` above the road. */
  place(distanceM: number, lateralM: number, heightM = 0): { x: number; y: number; z: number } {
    const { x, y, z, headingRad, bankRad } = this.at(distanceM);
    const across = lateralM * Math.cos(bankRad) + heightM * Math.sin(bankRad);
    return {
      x: x + Math.cos(headingRad) * across,
      y: y - lateralM * Math.sin(bankRad) + heightM * Math.cos(bankRad),
      z: z + Math.sin(headingRad) * across,
    };
  }
}

interface Flat {
  x: number;
  z: number;
}

interface Outline {
  lengthM: number;
  /** @param share - of the whole length; wraps around */
  at(share: number): Flat;
}

/** Measures the curve once, so that points can be found by arc length. */
function outlineOf(shape: readonly { order: number; share: number; phase: number }[]): Outline {
  const steps = SAMPLES * 4;
  const pointAt = (angle: number): Flat => {
    const radius = shape.reduce((sum, { order, share, phase }) => sum + share * Math.cos(order * angle + phase), 1);
    return { x: Math.cos(angle) * radius * BASE_RADIUS_M, z: Math.sin(angle) * radius * BASE_RADIUS_M };
  };
  const lengths = new Float64Array(steps + 1);
  let previous = pointAt(0);
  for (let step = 1; step <= steps; step++) {
    const point = pointAt((step / steps) * 2 * Math.PI);
    lengths[step] = (lengths[step - 1] ?? 0) + Math.hypot(point.x - previous.x, point.z - previous.z);
    previous = point;
  }
  const lengthM = lengths[steps] ?? 0;
  return {
    lengthM,
    at(share) {
      const wanted = wrap(share, 1) * lengthM;
      let low = 0;
      let high = steps;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((lengths[middle] ?? 0) <= wanted) low = middle;
        else high = middle;
      }
      const start = lengths[low] ?? 0;
      const span = (lengths[high] ?? start) - start;
      return pointAt(((low + (span > 0 ? (wanted - start) / span : 0)) / steps) * 2 * Math.PI);
    },
  };
}

const headingOf = (from: Flat, to: Flat): number => Math.atan2(to.x - from.x, -(to.z - from.z));

function turnBetween(fromRad: number, toRad: number): number {
  return Math.atan2(Math.sin(toRad - fromRad), Math.cos(toRad - fromRad));
}

/** Curvature averaged over a stretch of road, so that steering and banking are smooth. */
function smoothCurvature(outline: Outline, share: number): number {
  const reach = 4 / SAMPLES;
  const here = outline.at(share);
  const turn = turnBetween(headingOf(outline.at(share - reach), here), headingOf(here, outline.at(share + reach)));
  return turn / (reach * outline.lengthM);
}

/** Beyond the barrier by this much, a thing falls past the road. */
const EDGE_M = 0.4;
/** Projections onto the road's direction. Its bends are gentle enough that no more are needed. */
const ROUNDS = 3;

export interface Floor {
  /** Distance along the road of its nearest point. */
  alongM: number;
  y: number;
}

/** The floor below a thing at x, z: the road, or the plain. @param nearM - roughly where along the road it is */
export function floorUnder(track: Track, x: number, z: number, nearM: number): Floor {
  let alongM = nearM;
  let lateralM = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const at = track.at(alongM);
    const [dx, dz] = [x - at.x, z - at.z];
    lateralM = dx * Math.cos(at.headingRad) + dz * Math.sin(at.headingRad);
    alongM += dx * Math.sin(at.headingRad) - dz * Math.cos(at.headingRad);
  }
  const isRoad = Math.abs(lateralM) < track.halfWidthM + EDGE_M;
  return { alongM, y: isRoad ? track.place(alongM, lateralM).y : GROUND_Y };
}
