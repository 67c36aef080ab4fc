import {
  BufferGeometry,
  Float32BufferAttribute,
  Group,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshBasicMaterial,
  Points,
  PointsMaterial,
} from 'three';
import { lerp, type Random } from '../simulation/numbers.ts';
import { LineBuilder, MeshBuilder, NO_PATCH, type Point } from './mesh-builder.ts';
import { PALETTE, paintedTexture, type Tint, tint } from './paint.ts';

const RADIUS_M = 1_200;
const STARS = 420;
const SIDES = 48;
const SUN = { directionRad: 0.9, sizeM: 380, heightM: 215 } as const;
/** Drawn after everything solid, so that hidden pixels cost nothing. */
const LAST = 10;

/** Colours by height above the horizon. */
const BANDS: readonly (readonly [elevation: number, css: string])[] = [
  [-0.3, PALETTE.fog],
  [-0.02, PALETTE.skyLow],
  [0.02, PALETTE.horizon],
  [0.1, PALETTE.skyLow],
  [0.32, PALETTE.skyMiddle],
  [0.95, PALETTE.skyTop],
];

/** Dusk, a striped sun, stars and a ridge of mountains. It moves with the camera, so the player never reaches it. */
export function skyMesh(random: Random): Group {
  const group = new Group();
  const dome = new Mesh(domeGeometry(), new MeshBasicMaterial({ vertexColors: true, fog: false }));
  const stars = new Points(
    starGeometry(random),
    new PointsMaterial({ vertexColors: true, size: 1.6, sizeAttenuation: false, fog: false }),
  );
  const sun = new Mesh(
    sunGeometry(),
    new MeshBasicMaterial({ map: sunTexture(), transparent: true, fog: false, depthWrite: false }),
  );
  const { slopes, ridges } = mountains(random);
  const mountain = new Mesh(slopes, new MeshBasicMaterial({ vertexColors: true, fog: false }));
  const ridge = new LineSegments(ridges, new LineBasicMaterial({ vertexColors: true, fog: false }));
  // Drawn before fences and flames, which are translucent.
  sun.renderOrder = -1;
  group.add(sun);
  [mountain, ridge, stars, dome].forEach((part, index) => {
    part.renderOrder = LAST + index;
    group.add(part);
  });
  return group;
}

function onSphere(angle: number, elevation: number, radius = RADIUS_M): Point {
  const flat = Math.sqrt(1 - elevation * elevation) * radius;
  return { x: Math.sin(angle) * flat, y: elevation * radius, z: -Math.cos(angle) * flat };
}

function domeGeometry(): BufferGeometry {
  const builder = new MeshBuilder();
  const top = { x: 0, y: RADIUS_M, z: 0 };
  for (let side = 0; side < SIDES; side++) {
    const from = (side / SIDES) * 2 * Math.PI;
    const to = ((side + 1) / SIDES) * 2 * Math.PI;
    BANDS.forEach(([low, lowColour], index) => {
      const next = BANDS[index + 1];
      if (!next) {
        builder.triangle([onSphere(from, low), onSphere(to, low), top], tint(lowColour));
        return;
      }
      const [high, highColour] = next;
      builder.quad(
        [onSphere(from, low), onSphere(to, low), onSphere(to, high), onSphere(from, high)],
        NO_PATCH,
        tint(lowColour),
        tint(highColour),
      );
    });
  }
  return builder.build();
}

function starGeometry(random: Random): BufferGeometry {
  const positions: number[] = [];
  const colours: number[] = [];
  for (let star = 0; star < STARS; star++) {
    const { x, y, z } = onSphere(random() * 2 * Math.PI, 0.14 + 0.8 * random() ** 1.5, RADIUS_M * 0.98);
    positions.push(x, y, z);
    colours.push(...tint(random() < 0.3 ? '#9fc8ff' : PALETTE.white, 0.25 + 0.75 * random()));
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute(positions, 3));
  geometry.setAttribute('color', new Float32BufferAttribute(colours, 3));
  return geometry;
}

function sunGeometry(): BufferGeometry {
  const builder = new MeshBuilder();
  const distanceM = RADIUS_M * 0.93;
  const along = { x: Math.sin(SUN.directionRad), z: -Math.cos(SUN.directionRad) };
  const corner = (right: number, up: number): Point => ({
    x: along.x * distanceM - along.z * right * SUN.sizeM * 0.5,
    y: SUN.heightM + up * SUN.sizeM * 0.5,
    z: along.z * distanceM + along.x * right * SUN.sizeM * 0.5,
  });
  const whole = { left: 0, bottom: 0, right: 1, top: 1 };
  builder.quad([corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)], whole, [1, 1, 1]);
  return builder.build();
}

function sunTexture() {
  const size = 256;
  return paintedTexture(size, size, (context) => {
    const gradient = context.createLinearGradient(0, 0, 0, size);
    gradient.addColorStop(0, '#fff0a8');
    gradient.addColorStop(0.5, '#ff9a5a');
    gradient.addColorStop(1, '#ff2f8e');
    context.fillStyle = gradient;
    context.beginPath();
    context.arc(size / 2, size / 2, size / 2 - 3, 0, 2 * Math.PI);
    context.fill();
    for (let slit = 0; slit < 8; slit++) {
      const share = slit / 8;
      context.clearRect(0, size * (0.42 + share * 0.5), size, 4 + share * 8);
    }
  });
}

/** A jagged ring of dark slopes with thin lines for edges. */
function mountains(random: Random): { slopes: BufferGeometry; ridges: BufferGeometry } {
  const slopes = new MeshBuilder();
  const ridges = new LineBuilder();
  const peaks = 72;
  const heights = Array.from(
    { length: peaks },
    (_, index) => 25 + random() * 55 + (index % 3 === 0 ? random() * 70 : 0),
  );
  const edge = tint(PALETTE.magenta, 0.55);
  const at = (index: number, share: number): Point => {
    const angle = (index / peaks) * 2 * Math.PI;
    const radius = RADIUS_M * (0.9 - 0.06 * (1 - share));
    const heightM = lerp(-150, heights[index % peaks] ?? 0, share);
    return { x: Math.sin(angle) * radius, y: heightM, z: -Math.cos(angle) * radius };
  };
  for (let index = 0; index < peaks; index++) {
    const light = 0.6 + 0.5 * Math.abs(Math.sin(index * 1.7));
    const dark: Tint = tint('#1a0f3a', light);
    slopes.quad([at(index, 0), at(index + 1, 0), at(index + 1, 1), at(index, 1)], NO_PATCH, tint(PALETTE.fog), dark);
    ridges.line(at(index, 1), at(index + 1, 1), edge);
    for (const share of [0.72, 0.85]) ridges.line(at(index, share), at(index + 1, share), tint(PALETTE.magenta, 0.3));
    ridges.line(at(index, 0.5), at(index, 1), tint(PALETTE.magenta, 0.3));
  }
  return { slopes: slopes.build(), ridges: ridges.build() };
}
