import { attempt, join, placeOf, showStatus } from './helpers.js';

const TILE = 96;
const COLORS = ['#ffb84d', '#45d6b5', '#8db8ff', '#ff8f85', '#d6a6ff'];

const canvas = document.querySelector('#picture');
const context = canvas.getContext('2d');
const again = document.querySelector('#render');
const shares = document.querySelector('#shares');
let seed = 1;

await attempt(async () => {
  const client = await join();
  again.addEventListener('click', () => attempt(() => render(client)));
  await render(client);
});

async function render(client) {
  again.disabled = true;
  try {
    const startedMs = performance.now();
    const scene = { ...makeScene(), width: canvas.width, height: canvas.height, samplesPerPixel: 4, seed: seed++ };
    const tiles = makeTiles();
    context.clearRect(0, 0, canvas.width, canvas.height);
    const tasks = client.submitTasksBatch(tiles.map((tile) => ({ type: 'raytracing', input: { ...scene, tile } })));
    const places = new Map();
    let done = 0;
    await Promise.all(
      tasks.map(async ({ result }, nth) => {
        const { image, timing } = await result;
        const place = placeOf(client, timing);
        places.set(place, (places.get(place) ?? 0) + 1);
        show(image, tiles[nth], [...places.keys()].indexOf(place));
        showStatus(`${++done} of ${tiles.length} tiles`);
        showShares(places);
      }),
    );
    showStatus(`${tiles.length} tiles in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  } finally {
    again.disabled = false;
  }
}

/** Draws a tile with a mark in the colour of the machine that rendered it. */
function show(image, { x, y }, who) {
  context.putImageData(image, x, y);
  context.fillStyle = COLORS[who % COLORS.length];
  context.fillRect(x + 4, y + 4, 6, 6);
}

function showShares(places) {
  shares.replaceChildren(
    ...[...places].map(([place, count], who) => {
      const item = document.createElement('li');
      const mark = document.createElement('i');
      mark.style.color = COLORS[who % COLORS.length];
      item.append(mark, `${place}: ${count}`);
      return item;
    }),
  );
}

function makeTiles() {
  const tiles = [];
  for (let y = 0; y < canvas.height; y += TILE) {
    for (let x = 0; x < canvas.width; x += TILE) {
      tiles.push({ x, y, width: Math.min(TILE, canvas.width - x), height: Math.min(TILE, canvas.height - y) });
    }
  }
  return tiles;
}

/** A scene of three mirrors in a ring of small balls. */
function makeScene() {
  const ball = (center, radius, color, reflectivity) => ({
    type: 'sphere',
    center,
    radius,
    material: { color, reflectivity },
  });
  const ring = Array.from({ length: 14 }, (_, nth) => {
    const angle = (nth / 14) * 2 * Math.PI;
    const tint = [0.55 + 0.4 * Math.cos(angle), 0.55 + 0.4 * Math.cos(angle - 2.1), 0.55 + 0.4 * Math.cos(angle + 2.1)];
    return ball([3.1 * Math.cos(angle), -0.65, 3.1 * Math.sin(angle)], 0.35, tint, 0.05);
  });
  return {
    camera: { position: [0, 2.6, 7.5], target: [0, -0.1, 0], fovDeg: 42 },
    objects: [
      ...ring,
      ball([0, 0.25, -0.4], 1.25, [0.85, 0.85, 0.9], 0.75),
      ball([-1.65, -0.4, 0.9], 0.6, [1, 0.6, 0.2], 0.25),
      ball([1.65, -0.4, 0.9], 0.6, [0.2, 0.75, 0.65], 0.25),
      {
        type: 'plane',
        point: [0, -1, 0],
        normal: [0, 1, 0],
        material: { color: [0.32, 0.34, 0.42], reflectivity: 0.12 },
      },
    ],
    lights: [
      { position: [5, 7, 5], color: [0.85, 0.8, 0.7] },
      { position: [-6, 5, 3], color: [0.25, 0.3, 0.45] },
    ],
    background: [0.012, 0.017, 0.035],
  };
}
