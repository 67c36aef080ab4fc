/**
 * Makes the two pictures of the home page, web/landing/before.webp and after.webp: `node e2e/demo/landing-pictures.mjs`, after a change of the game or of
 * the network. A frame of the built-in game, as the gamer page draws it, and what the shipped network of QUALITY makes of it, computed by the SDK in the same
 * page. Both are the same part of the frame, so that a page shows every pixel of the larger one. The results are committed, so that a build needs no browser.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt } from '../../deploy/build.mjs';
import { ROOT } from '../../deploy/child.mjs';
import { runCommand } from '../../deploy/failure.mjs';
import { startServer } from '../server-process.mjs';
import { Stage } from './stage.mjs';

const QUALITY = 'quality';
/** How far into the race the frame is, ms: past the start, with rivals in sight. */
const RACED_MS = 6_000;
/** Size of the part in the game's pixels. */
const PART = { width: 360, height: 203 };
/** Of the files; losses of the format must not be taken for the network's. */
const WEBP_QUALITY = 0.95;

await runCommand(async () => {
  const server = await startServer(await ensureBuilt());
  try {
    const stage = await Stage.open(server.url);
    try {
      await stage.gamer.getByTestId('output').locator('canvas').waitFor();
      await stage.gamer.waitForTimeout(RACED_MS);
      const pictures = await stage.gamer.evaluate(beforeAndAfter, { quality: QUALITY, part: PART, webp: WEBP_QUALITY });
      for (const [name, base64] of Object.entries(pictures)) {
        await writeFile(join(ROOT, `web/landing/${name}.webp`), Buffer.from(base64, 'base64'));
      }
    } finally {
      await stage.close();
    }
  } finally {
    await server.stop();
  }
});

/**
 * Runs in the gamer page. @param {{ quality: string, part: { width: number, height: number }, webp: number }} options
 * @returns {Promise<{ before: string, after: string }>} the files, in base64
 */
async function beforeAndAfter({ quality, part, webp }) {
  const shown = document.querySelector('[data-testid=output-before] canvas');
  if (!(shown instanceof HTMLCanvasElement)) throw new Error('The page shows no frame of the game.');
  const { width, height } = shown;
  const drawing = new OffscreenCanvas(width, height).getContext('2d', { alpha: false });
  if (!drawing) throw new Error('This browser draws no canvas.');
  drawing.drawImage(shown, 0, 0);
  const frame = drawing.getImageData(0, 0, width, height);

  const sdk = await import(new URL('p2c2r.js', document.baseURI).href);
  const client = await sdk.GamerClient.connect();
  const input = { image: frame, scale: 2, quality };
  const { image } = await client.submitTask('upscale', input, { where: 'local', timeoutMs: 300_000 }).result;
  await client.close();

  /** @param {ImageData} picture */
  const cut = async (picture) => {
    const scale = picture.width / width;
    const size = { width: part.width * scale, height: part.height * scale };
    const canvas = new OffscreenCanvas(size.width, size.height);
    // The middle, and a little below: there the road is.
    const [x, y] = [(picture.width - size.width) / 2, (picture.height - size.height) * 0.6];
    canvas
      .getContext('2d', { alpha: false })
      ?.putImageData(picture, -Math.round(x / scale) * scale, -Math.round(y / scale) * scale);
    const file = await canvas.convertToBlob({ type: 'image/webp', quality: webp });
    const bytes = new Uint8Array(await file.arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
  };
  return { before: await cut(frame), after: await cut(image) };
}
