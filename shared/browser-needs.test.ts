// Protects: an error of a browser that lacks something names it and the versions that have it, wherever it is thrown; and the pages themselves
// need no more than that.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { lacking, lackOf } from './browser-needs.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Files that throw it for something else than an interface that a newer browser has, and what that is. */
const OTHER_CAUSES: Readonly<Record<string, string>> = {
  'shared/browser-needs.ts': 'it is the place itself',
  'web/compute/module-worker.ts': 'a policy, or a file that does not load; names the versions itself',
  'web/compute/ort/runtime.ts': 'a policy',
  'web/compute/wasm/open-wasm.ts': 'a policy',
  'web/game/built-in-game.ts': 'a worker that does not load',
  'web/game/game-loop.ts': 'no graphics card; names the versions too',
  'web/gamer/clip-writer.ts': 'an encoder that does not take the size; names the versions itself',
  'web/gamer/clip.ts': 'an encoder that failed',
  'web/net/peer.ts': 'WebRTC, whose sentence has more to say; names the versions itself',
  'web/sdk/frame-stream.ts': 'a page that is not secure; names the versions too',
  'web/sdk/host-page.ts': 'Node',
  'web/sdk/volunteer-limits.ts': 'a limit; the sentence says which',
  'web/stream/codec/frame-decoder.ts': 'a codec that stands still',
  'web/stream/codec/frame-encoder.ts': 'a codec that does not encode the size',
  'web/stream/compose/webgl-programs.ts': 'a driver',
  'web/stream/compose/webgpu-composer.ts': 'a driver',
  'web/stream/gamer/volunteer-route.ts': 'another browser',
  'web/stream/volunteer/volunteer-streams.ts': 'a codec of another browser',
};

test('what is lacking is named with the versions that have it', () => {
  expect(lackOf('offscreenCanvas', 'vectors')).toBe(
    'This browser has no OffscreenCanvas; Chrome and Edge 69, Firefox 105 and Safari 16.4 have it. ' +
      'This browser has no vectors in WebAssembly (SIMD); Chrome and Edge 91, Firefox 89 and Safari 16.4 have it.',
  );
  const error = lacking('workerWebGl2', 'It must be on a GPU.');
  expect([error.reason, error.message]).toEqual([
    'unsupported-browser',
    'This browser has no WebGL 2 in workers; Chrome and Edge 69, Firefox 105 and Safari 17 have it. It must be on a GPU.',
  ]);
});

/**
 * Built-in functions that are newer than the first browsers with WebCodecs and OffscreenCanvas. TypeScript knows them; those of ES2024 and later it
 * does not (`lib` in tsconfig.json).
 */
const TOO_NEW =
  /\b(AbortSignal\.(any|timeout)|URL\.(canParse|parse)|structuredClone)\(|\.(findLast|findLastIndex|toSorted|toReversed|toSpliced|checkVisibility|showPopover|throwIfAborted)\(/;

/** Files of shared/ and web/ whose text matches, without those of tests. */
async function filesWith(pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['shared', 'web']) {
    for (const file of await readdir(`${ROOT}${folder}`, { recursive: true })) {
      if (!/\.tsx?$/.test(file) || /\btest\b/.test(file)) continue;
      if (pattern.test(await readFile(`${ROOT}${folder}/${file}`, 'utf8'))) found.push(`${folder}/${file}`);
    }
  }
  return found.sort();
}

test('every file that throws it itself has another cause', async () => {
  expect(await filesWith(/new MeshError\(\s*'unsupported-browser'/)).toEqual(Object.keys(OTHER_CAUSES).sort());
});

test('no function is called that is newer than the browsers the pages and the SDK are for', async () => {
  // It calls showPopover only where there is one.
  const overlay = 'web/sdk/attach/overlay.ts';
  expect(await filesWith(TOO_NEW)).toEqual([overlay]);
  const calls = (await readFile(`${ROOT}${overlay}`, 'utf8')).match(new RegExp(TOO_NEW, 'g'));
  expect(calls).toEqual(['.showPopover(']);
});
