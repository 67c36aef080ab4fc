import { drawHarbour } from './harbour.js';
import { attempt, join, placeOf, showStatus } from './helpers.js';

const MAX_FPS = 30;
/** How often the figures are shown, ms: a person reads no faster. */
const SHOW_INTERVAL_MS = 500;

const source = document.querySelector('#source');
const live = document.querySelector('#live');
const what = document.querySelector('#what');
const quality = document.querySelector('#quality');
drawHarbour(source);

await attempt(async () => {
  const client = await join();
  // All that a stream takes: a canvas, and a place for its own.
  const stream = await client.openStream(source, { scale: 2, maxFps: MAX_FPS });
  live.prepend(stream.canvas);
  quality.addEventListener('change', () => attempt(() => stream.set({ quality: quality.value })));
  setInterval(() => show(client, stream), SHOW_INTERVAL_MS);
});

/** Says what the stream does now, and why. */
function show(client, stream) {
  const { fps, glassToGlassMs, gainDb, shares, localShare, why } = stream.stats();
  const share = (part, name) => `${Math.round(part * 100)} % by ${name}`;
  const nameOf = (id) => placeOf(client, { ranOn: id });
  const sharpened = [
    ...shares.filter(({ share }) => share > 0).map((one) => share(one.share, nameOf(one.volunteerId))),
    ...(localShare > 0 ? [share(localShare, 'this computer')] : []),
  ];
  const gain = gainDb === null ? '' : `, about ${gainDb.toFixed(1)} dB better`;
  showStatus(
    `${fps.toFixed(0)} frames a second, ${glassToGlassMs.p50.toFixed(0)} ms from drawn to shown${gain}. ${why}`,
  );
  what.textContent = `the stream: ${stream.canvas.width} by ${stream.canvas.height}, sharpened ${sharpened.join(', ') || 'by nobody yet'}`;
}
