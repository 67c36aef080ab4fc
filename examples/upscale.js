import { attempt, join, placeOf, showStatus } from './helpers.js';

/** The example is about small pictures, so larger ones are scaled down. */
const MAX_SIDE = 640;

const before = document.querySelector('#before');
const after = document.querySelector('#after');
const quality = document.querySelector('#quality');
const file = document.querySelector('#file');

drawScene();
await attempt(async () => {
  const client = await join();
  quality.addEventListener('change', () => attempt(() => sharpen(client)));
  file.addEventListener('change', () => attempt(() => load(client, file.files[0])));
  await sharpen(client);
});

async function sharpen(client) {
  showStatus('Working …');
  const { image, timing } = await client.submitTask('upscale', { image: before, scale: 2, quality: quality.value })
    .result;
  after.width = image.width;
  after.height = image.height;
  after.getContext('2d').putImageData(image, 0, 0);
  const size = `${before.width}x${before.height} to ${image.width}x${image.height}`;
  showStatus(
    `${size} in ${timing.totalMs.toFixed(0)} ms, ${timing.computeMs.toFixed(0)} ms of it computing, by ${placeOf(client, timing)}`,
  );
}

async function load(client, chosen) {
  if (!chosen) return;
  const picture = await createImageBitmap(chosen);
  const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
  before.width = Math.max(1, Math.round(picture.width * scale));
  before.height = Math.max(1, Math.round(picture.height * scale));
  before.getContext('2d').drawImage(picture, 0, 0, before.width, before.height);
  picture.close();
  await sharpen(client);
}

/** Draws a picture with edges in all directions, shown until the person chooses another. */
function drawScene() {
  const { width, height } = before;
  const context = before.getContext('2d');
  const sky = context.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, '#16244d');
  sky.addColorStop(0.6, '#c65f6b');
  sky.addColorStop(1, '#ffb84d');
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#fff1cf';
  context.beginPath();
  context.arc(width * 0.68, height * 0.45, 26, 0, 2 * Math.PI);
  context.fill();
  for (const [depth, color] of [
    [0, '#5a3a63'],
    [1, '#332650'],
    [2, '#171634'],
  ]) {
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x += 4) {
      const ridge = Math.sin(x / (37 - depth * 8) + depth * 2) + 0.5 * Math.sin(x / 11 + depth * 5);
      context.lineTo(x, height * (0.55 + depth * 0.14) - ridge * 12);
    }
    context.lineTo(width, height);
    context.fill();
  }
  context.fillStyle = '#0b0e14';
  for (const [x, size] of [
    [44, 46],
    [66, 34],
    [250, 40],
    [276, 54],
    [300, 38],
  ]) {
    for (let tier = 0; tier < 3; tier++) {
      const top = height - 12 - size + tier * size * 0.26;
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x - size * (0.16 + tier * 0.08), top + size * 0.42);
      context.lineTo(x + size * (0.16 + tier * 0.08), top + size * 0.42);
      context.fill();
    }
  }
  context.fillStyle = '#e8a583';
  context.font = '600 13px system-ui, sans-serif';
  context.fillText('evening, 320 by 200', 96, height - 8);
}
