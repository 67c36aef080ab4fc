/**
 * Procedural worlds for training pictures: what browser games draw, with textures, foliage, particles, text. A world is drawn from a seed and a time, so
 * that any size of picture of it shows the same state.
 */
import {
  AdditiveBlending,
  AmbientLight,
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  Color,
  ConeGeometry,
  CylinderGeometry,
  DirectionalLight,
  DoubleSide,
  Fog,
  IcosahedronGeometry,
  InstancedMesh,
  LinearFilter,
  LinearMipmapLinearFilter,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  MeshPhongMaterial,
  NearestFilter,
  OrthographicCamera,
  PerspectiveCamera,
  PlaneGeometry,
  Points,
  PointsMaterial,
  Quaternion,
  RepeatWrapping,
  Scene,
  SphereGeometry,
  Sprite,
  SpriteMaterial,
  SRGBColorSpace,
  TorusKnotGeometry,
  Vector3,
} from 'three';

/** Mulberry32 (public domain): the same numbers for the same seed. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const between = (random, low, high) => low + (high - low) * random();
const pick = (random, list) => list[Math.floor(random() * list.length)];

function canvasOf(side) {
  const canvas = new OffscreenCanvas(side, side);
  return [canvas, canvas.getContext('2d')];
}

/** Games of pixel art and block worlds sample the nearest texel; others have mip maps. */
function textureOf(canvas, isPixelArt, repeat = 1) {
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.repeat.set(repeat, repeat);
  texture.magFilter = isPixelArt ? NearestFilter : LinearFilter;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.anisotropy = isPixelArt ? 1 : 4;
  return texture;
}

const PAINTERS = {
  speckle(pen, side, random, hue) {
    for (let n = 0; n < side * side * 0.3; n++) {
      pen.fillStyle = `hsl(${hue + between(random, -18, 18)} ${between(random, 15, 60)}% ${between(random, 18, 62)}%)`;
      const size = between(random, 1, 3);
      pen.fillRect(random() * side, random() * side, size, size);
    }
  },
  bricks(pen, side, random, hue) {
    const rows = 8;
    const height = side / rows;
    for (let row = 0; row < rows; row++) {
      for (let column = -1; column < 4; column++) {
        pen.fillStyle = `hsl(${hue} ${between(random, 20, 50)}% ${between(random, 28, 55)}%)`;
        pen.fillRect((column + (row % 2) / 2) * (side / 4) + 1, row * height + 1, side / 4 - 2, height - 2);
      }
    }
  },
  planks(pen, side, random, hue) {
    for (let x = 0; x < side; x += side / 6) {
      pen.fillStyle = `hsl(${hue} 40% ${between(random, 25, 45)}%)`;
      pen.fillRect(x, 0, side / 6 - 1, side);
      pen.strokeStyle = 'rgba(0,0,0,.3)';
      for (let n = 0; n < 8; n++) {
        pen.beginPath();
        pen.moveTo(x + random() * (side / 6), 0);
        pen.bezierCurveTo(x + random() * 10, side / 3, x + random() * 20, side / 2, x + random() * (side / 6), side);
        pen.stroke();
      }
    }
  },
  windows(pen, side, random, hue) {
    for (let y = 4; y < side; y += side / 8) {
      for (let x = 4; x < side; x += side / 8) {
        pen.fillStyle =
          random() < 0.4 ? `hsl(45 90% ${between(random, 55, 85)}%)` : `hsl(${hue} 30% ${between(random, 10, 30)}%)`;
        pen.fillRect(x, y, side / 8 - 6, side / 8 - 8);
      }
    }
  },
  checker(pen, side, random, hue) {
    const cells = pick(random, [2, 4, 8]);
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        pen.fillStyle = (x + y) % 2 ? `hsl(${hue} 60% 70%)` : `hsl(${hue + 20} 50% 25%)`;
        pen.fillRect((x * side) / cells, (y * side) / cells, side / cells, side / cells);
      }
    }
  },
};

export function painted(random, isPixelArt, repeat) {
  const side = isPixelArt ? 16 : 256;
  const [canvas, pen] = canvasOf(side);
  const hue = random() * 360;
  pen.fillStyle = `hsl(${hue} 30% 40%)`;
  pen.fillRect(0, 0, side, side);
  const kind = isPixelArt ? pick(random, ['speckle', 'checker', 'speckle']) : pick(random, Object.keys(PAINTERS));
  PAINTERS[kind](pen, side, random, hue);
  return textureOf(canvas, isPixelArt, repeat);
}

function leaf(random) {
  const [canvas, pen] = canvasOf(128);
  const hue = between(random, 60, 140);
  for (let n = 0; n < 90; n++) {
    pen.fillStyle = `hsl(${hue + between(random, -20, 20)} 55% ${between(random, 15, 50)}%)`;
    pen.beginPath();
    pen.ellipse(
      between(random, 12, 116),
      between(random, 12, 116),
      between(random, 3, 14),
      between(random, 2, 5),
      random() * 3,
      0,
      7,
    );
    pen.fill();
  }
  return textureOf(canvas, false);
}

const WORDS = [
  'SCORE',
  'Level',
  'x12',
  'Ready!',
  'FINISH',
  'health',
  '00:42.7',
  'Player one',
  'Quest: find the gate',
  '+250',
  'ammo 30/90',
  'GO',
];

function lettering(random, text) {
  const canvas = new OffscreenCanvas(512, 128);
  const pen = canvas.getContext('2d');
  pen.font = `${pick(random, ['bold', ''])} ${between(random, 40, 90)}px ${pick(random, ['sans-serif', 'serif', 'monospace'])}`;
  pen.textBaseline = 'middle';
  pen.lineWidth = 8;
  pen.strokeStyle = 'rgba(0,0,0,.8)';
  if (random() < 0.6) pen.strokeText(text, 10, 64);
  pen.fillStyle = `hsl(${random() * 360} ${random() < 0.5 ? 0 : 90}% ${between(random, 60, 100)}%)`;
  pen.fillText(text, 10, 64);
  return textureOf(canvas, false);
}

/** Height of the ground at a place, metres. */
function groundOf(random) {
  const waves = Array.from({ length: 9 }, (_, n) => ({
    x: between(random, -1, 1) * 0.02 * 1.6 ** n,
    z: between(random, -1, 1) * 0.02 * 1.6 ** n,
    phase: random() * 7,
    high: 9 / 1.55 ** n,
  }));
  return (x, z) => waves.reduce((sum, wave) => sum + wave.high * Math.sin(wave.x * x + wave.z * z + wave.phase), 0);
}

function terrain(random, ground, isPixelArt) {
  const geometry = new PlaneGeometry(400, 400, 160, 160).rotateX(-Math.PI / 2);
  const position = geometry.attributes.position;
  for (let n = 0; n < position.count; n++) position.setY(n, ground(position.getX(n), position.getZ(n)));
  geometry.computeVertexNormals();
  return new Mesh(geometry, new MeshLambertMaterial({ map: painted(random, isPixelArt, pick(random, [20, 40, 90])) }));
}

function scattered(random, ground, geometry, material, count, size) {
  const mesh = new InstancedMesh(geometry, material, count);
  const matrix = new Matrix4();
  const up = new Vector3(0, 1, 0);
  for (let n = 0; n < count; n++) {
    const [x, z] = [between(random, -150, 150), between(random, -150, 150)];
    const scale = between(random, 0.5, 1.6) * size;
    matrix.compose(
      new Vector3(x, ground(x, z) + scale * 0.45, z),
      new Quaternion().setFromAxisAngle(up, random() * 7),
      new Vector3(scale, scale, scale),
    );
    mesh.setMatrixAt(n, matrix);
    mesh.setColorAt(n, new Color().setHSL(random(), random() * 0.3, between(random, 0.55, 1)));
  }
  return mesh;
}

function foliage(random, ground) {
  const material = new MeshLambertMaterial({ map: leaf(random), alphaTest: 0.5, side: DoubleSide });
  return scattered(random, ground, new PlaneGeometry(1, 1, 1, 1), material, 700, pick(random, [1.2, 2.5, 5]));
}

/** Trails, sparks, snow. */
function particles(random) {
  const count = 1500;
  const places = new Float32Array(3 * count);
  for (let n = 0; n < count; n++)
    places.set([between(random, -60, 60), between(random, -5, 40), between(random, -60, 60)], 3 * n);
  const geometry = new BufferGeometry().setAttribute('position', new BufferAttribute(places, 3));
  const isGlow = random() < 0.5;
  const material = new PointsMaterial({
    size: between(random, 0.1, 0.5),
    color: new Color().setHSL(random(), isGlow ? 0.9 : 0.1, 0.7),
    transparent: true,
    depthWrite: false,
  });
  if (isGlow) material.blending = AdditiveBlending;
  const points = new Points(geometry, material);
  const fallMps = between(random, 1, 9);
  const starts = places.filter((_, index) => index % 3 === 1);
  points.userData.update = (timeS) => {
    const position = geometry.attributes.position;
    // Falls from 40 m to -5 m, and again.
    for (let n = 0; n < count; n++) position.setY(n, ((((starts[n] + 5 - timeS * fallMps) % 45) + 45) % 45) - 5);
    position.needsUpdate = true;
  };
  return points;
}

/** A moving camera over a scene, and a head-up display. */
export function world(seed) {
  const random = seeded(seed);
  const isPixelArt = random() < 0.3;
  const scene = new Scene();
  const sky = new Color().setHSL(random(), between(random, 0, 0.6), between(random, 0.1, 0.85));
  scene.background = sky;
  scene.fog = new Fog(sky, between(random, 10, 60), between(random, 120, 300));
  const sun = new DirectionalLight(0xffffff, between(random, 1, 3));
  sun.position.set(between(random, -1, 1), between(random, 0.3, 1), between(random, -1, 1));
  scene.add(new AmbientLight(0xffffff, between(random, 0.4, 1.4)), sun);
  const ground = groundOf(random);
  scene.add(terrain(random, ground, isPixelArt));
  const solid = () =>
    new MeshPhongMaterial({
      map: painted(random, isPixelArt, pick(random, [1, 2])),
      shininess: between(random, 5, 90),
    });
  const shapes = [
    () => new BoxGeometry(1, between(random, 1, 3), 1),
    () => new SphereGeometry(0.5, 24, 16),
    () => new CylinderGeometry(0.3, 0.4, 1.4, 16),
    () => new ConeGeometry(0.5, 1.5, 12),
    () => new IcosahedronGeometry(0.6),
    () => new TorusKnotGeometry(0.4, 0.12, 80, 10),
  ];
  for (let n = 0; n < 5; n++)
    scene.add(scattered(random, ground, pick(random, shapes)(), solid(), 60, between(random, 1, isPixelArt ? 5 : 9)));
  for (let n = 0; n < 2; n++) scene.add(foliage(random, ground));
  const moving = random() < 0.7 ? [particles(random)] : [];
  for (const object of moving) scene.add(object);
  for (let n = 0; n < 14; n++) {
    const label = new Sprite(new SpriteMaterial({ map: lettering(random, pick(random, WORDS)), fog: false }));
    const [x, z] = [between(random, -60, 60), between(random, -60, 60)];
    label.position.set(x, ground(x, z) + between(random, 3, 8), z);
    label.scale.set(6, 1.5, 1);
    scene.add(label);
  }
  const camera = new PerspectiveCamera(between(random, 45, 85), 16 / 9, 0.3, 600);
  const path = {
    turn: random() * 7,
    speed: between(random, 2, 18),
    spin: between(random, -0.4, 0.4),
    high: between(random, 1.7, 14),
    pitch: between(random, -0.35, 0.05),
  };
  return {
    scene,
    camera,
    hud: hud(random),
    setTime: (timeS) => {
      const angle = path.turn + path.spin * timeS;
      const [x, z] = [
        Math.cos(path.turn) * path.speed * timeS - 20 * Math.sin(path.turn),
        Math.sin(path.turn) * path.speed * timeS,
      ];
      camera.position.set(x, ground(x, z) + path.high, z);
      camera.lookAt(x + Math.cos(angle), camera.position.y + path.pitch, z + Math.sin(angle));
      for (const object of moving) object.userData.update(timeS);
    },
  };
}

/** Text, bars and a map over the picture: a fixed part of it, whatever its size. */
function hud(random) {
  const scene = new Scene();
  const camera = new OrthographicCamera(0, 640, 360, 0, -1, 1);
  for (let n = 0; n < 5; n++) {
    const high = between(random, 14, 44);
    const text = new Mesh(
      new PlaneGeometry(high * 4, high),
      new MeshBasicMaterial({ map: lettering(random, pick(random, WORDS)), transparent: true }),
    );
    text.position.set(
      between(random, 40, 600),
      random() < 0.5 ? between(random, 310, 350) : between(random, 10, 50),
      0,
    );
    scene.add(text);
  }
  for (let n = 0; n < 3; n++) {
    const bar = new Mesh(
      new PlaneGeometry(between(random, 40, 160), between(random, 4, 14)),
      new MeshBasicMaterial({
        color: new Color().setHSL(random(), 0.8, 0.5),
        transparent: true,
        opacity: between(random, 0.5, 1),
      }),
    );
    bar.position.set(between(random, 60, 580), random() < 0.5 ? 345 : 18, -0.5);
    scene.add(bar);
  }
  return { scene, camera };
}
