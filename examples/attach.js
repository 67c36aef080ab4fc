import { attempt, join, showStatus } from './helpers.js';

const POSTS = 24;

const game = document.querySelector('#game');
const toggle = document.querySelector('#toggle');
const context = game.getContext('2d');
const pressed = new Set();
const posts = Array.from({ length: POSTS }, (_, nth) => ({
  x: Math.sin(nth * 97) * 12,
  z: 4 + (nth * 60) / POSTS,
  nth,
}));
let x = 0;
let attachment = null;

// All that the SDK needs of a game: a function that sets how many pixels it draws.
const resize = ({ width, height }) => Object.assign(game, { width, height });
resize({
  width: Math.round(game.clientWidth * devicePixelRatio),
  height: Math.round(game.clientHeight * devicePixelRatio),
});

addEventListener('keydown', ({ key }) => pressed.add(key));
addEventListener('keyup', ({ key }) => pressed.delete(key));
game.addEventListener('pointermove', ({ buttons, movementX }) => {
  if (buttons) x += movementX / 40;
});
document.querySelector('#fullscreen').addEventListener('click', () => game.requestFullscreen());
requestAnimationFrame(play);

await attempt(async () => {
  const client = await join();
  const show = async () => {
    attachment = await client.attach(game, { renderScale: 0.5, resize });
    attachment.addEventListener('shown', () => showStatus(attachment.shown.why));
    showStatus(attachment.shown.why);
    toggle.textContent = 'Show the game’s own picture';
  };
  toggle.addEventListener('click', () =>
    attempt(async () => {
      if (!attachment) return show();
      await attachment.detach();
      attachment = null;
      showStatus('The game’s own picture, at its full size.');
      toggle.textContent = 'Show the sharpened picture';
    }),
  );
  await show();
  toggle.disabled = false;
});

function play() {
  const [pad] = navigator.getGamepads();
  const stick = pad && Math.abs(pad.axes[0]) > 0.15 ? pad.axes[0] : 0;
  x += 0.12 * (stick + (pressed.has('ArrowRight') ? 1 : 0) - (pressed.has('ArrowLeft') ? 1 : 0));
  x = Math.min(12, Math.max(-12, x));
  for (const post of posts) {
    post.z -= 0.12;
    if (post.z < 0.6) post.z += 60;
  }
  draw();
  requestAnimationFrame(play);
}

function draw() {
  const { width, height } = game;
  const horizon = height * 0.45;
  const sky = context.createLinearGradient(0, 0, 0, horizon);
  sky.addColorStop(0, '#16244d');
  sky.addColorStop(1, '#ffb84d');
  context.fillStyle = sky;
  context.fillRect(0, 0, width, horizon);
  context.fillStyle = '#1d2f2a';
  context.fillRect(0, horizon, width, height);
  context.strokeStyle = '#45d6b5';
  context.lineWidth = Math.max(1, width / 640);
  for (let line = -12; line <= 12; line += 2) {
    context.beginPath();
    context.moveTo(width / 2 + (line - x) * width * 0.01, horizon);
    context.lineTo(width / 2 + (line - x) * width * 0.6, height);
    context.stroke();
  }
  for (const { x: at, z, nth } of [...posts].sort((a, b) => b.z - a.z)) {
    const size = height / z;
    const left = width / 2 + (at - x) * size * 0.5;
    context.fillStyle = nth % 2 ? '#ff8f85' : '#e9eef7';
    context.fillRect(left - size * 0.08, horizon - size * 0.5, size * 0.16, size);
    context.font = `600 ${size * 0.22}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.fillText(String(nth), left, horizon - size * 0.56);
  }
}
