/**
 * Captures scenes that three.js draws: our game and procedural worlds. The small picture is rendered at its own size, one sample at each pixel's centre, with
 * the mip maps of that size, and the truth at 2 x 2 samples of each of its pixels (4 x 4 of the small picture's), both of the same state.
 *
 *     node training/capture/three/capture.mjs --out /somewhere/games
 *
 * Writes <out>/<three-race|three-worlds>/{truth,aliased}/<capture>-<frame>.png, as `run.py` does.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const SIZE = { width: 640, height: 360 };
const FRAME_S = 1 / 30;
const SEQUENCE_FRAMES = 8;
const PLANS = {
  // A race of two minutes for each seed.
  'three-race': { kind: 'race', seeds: [3, 11, 29], times: Array.from({ length: 14 }, (_, n) => 4 + 7 * n) },
  'three-worlds': { kind: 'world', seeds: Array.from({ length: 48 }, (_, n) => 100 + n), times: [1.5] },
};
/** Every n-th capture is a sequence. */
const SEQUENCE_EVERY = 7;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    only: { type: 'string' },
    browser: { type: 'string', default: '/usr/bin/chromium' },
  },
});
const bundle = await build({
  entryPoints: [path.join(import.meta.dirname, 'page.ts')],
  bundle: true,
  write: false,
  format: 'iife',
  target: 'es2022',
});
const browser = await chromium.launch({
  executablePath: values.browser,
  args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-sandbox'],
});

for (const [name, { kind, seeds, times }] of Object.entries(PLANS)) {
  if (values.only && values.only !== name) continue;
  const folder = path.join(values.out, name);
  for (const part of ['truth', 'aliased']) await mkdir(path.join(folder, part), { recursive: true });
  let capture = 0;
  for (const seed of seeds) {
    const page = await browser.newPage();
    page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
    await page.addScriptTag({ content: bundle.outputFiles[0].text });
    await page.evaluate(
      ([kind, seed, width, height]) => globalThis.openDrawing(kind, seed, width, height),
      [kind, seed, SIZE.width, SIZE.height],
    );
    for (const timeS of times) {
      const frames = capture % SEQUENCE_EVERY === 3 ? SEQUENCE_FRAMES : 1;
      for (let frame = 0; frame < frames; frame++) {
        const pictures = await page.evaluate((timeS) => globalThis.drawAt(timeS, true), timeS + frame * FRAME_S);
        for (const [part, base64] of Object.entries(pictures)) {
          await writeFile(
            path.join(folder, part, `${String(capture).padStart(4, '0')}-${frame}.png`),
            Buffer.from(base64, 'base64'),
          );
        }
      }
      capture++;
    }
    await page.close();
    console.log(`${name}: seed ${seed}, ${capture} captures`);
  }
}
await browser.close();
