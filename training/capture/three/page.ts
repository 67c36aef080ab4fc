/** Runs in the browser that `capture.mjs` opens: draws the same state at three sizes and hands the pixels back. */
import { type Line, type Object3D, type Points, type PointsMaterial, Scene, WebGLRenderer } from 'three';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { RaceScene } from '../../../web/game/render/race-scene.ts';
import { NEUTRAL } from '../../../web/game/simulation/craft.ts';
import { Race, STEP_MS } from '../../../web/game/simulation/race.ts';
import { world } from './worlds.js';

interface Drawing {
  /** Draws into all canvases. */
  draw(timeS: number): void;
}

type Canvases = OffscreenCanvas[];

const contextOf = (canvas: OffscreenCanvas): WebGL2RenderingContext => {
  const context = canvas.getContext('webgl2', { alpha: false, antialias: false, preserveDrawingBuffer: true });
  if (!context) throw new Error('This browser offers no WebGL 2: start it with --use-angle=swiftshader.');
  return context;
};

function openWorld(canvases: Canvases, seed: number): Drawing {
  // Each renderer has its own textures, so each has its own world; the seed makes them the same.
  const views = canvases.map((canvas) => {
    const renderer = new WebGLRenderer({ canvas, context: contextOf(canvas) });
    renderer.setSize(canvas.width, canvas.height, false);
    renderer.autoClear = false;
    return { renderer, ...world(seed) };
  });
  return {
    draw(timeS) {
      for (const { renderer, scene, camera, hud, setTime } of views) {
        setTime(timeS);
        renderer.clear();
        renderer.render(scene, camera);
        renderer.clearDepth();
        renderer.render(hud.scene, hud.camera);
      }
    },
  };
}

/**
 * WebGL's lines are a pixel wide, and some points have a size in pixels, whatever the picture's size: a larger picture would show another scene. Lines are
 * left out, and points grow.
 */
function addScaled(pixelRatio: number): void {
  const { add } = Object.getPrototypeOf(Scene.prototype);
  Scene.prototype.add = function (this: Scene, ...objects: Object3D[]) {
    for (const object of objects) {
      object.traverse((part) => {
        if ((part as Line).isLine) part.visible = false;
        const material = (part as Points).isPoints ? ((part as Points).material as PointsMaterial) : null;
        if (material && material.sizeAttenuation === false) material.size *= pixelRatio;
      });
      // One by one: with several the original calls itself, and thus this function again.
      add.call(this, object);
    }
    return this;
  };
}

function openRace(canvases: Canvases, seed: number): Drawing {
  const race = new Race(seededRandom(seed));
  const scenes = canvases.map((canvas) => {
    const pixelRatio = canvas.width / (canvases[0]?.width ?? canvas.width);
    addScaled(pixelRatio);
    return new RaceScene({
      canvas,
      context: contextOf(canvas),
      race,
      random: seededRandom(seed + 1),
      isCalm: false,
      pixelRatio,
    });
  });
  let steps = 0;
  return {
    draw(timeS) {
      for (; (steps + 1) * STEP_MS <= timeS * 1000; steps++) race.step(NEUTRAL);
      for (const scene of scenes) scene.draw(timeS - (steps * STEP_MS) / 1000);
    },
  };
}

const toBase64 = async (canvas: OffscreenCanvas): Promise<string> => {
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
};

/** The mean of every `scale` x `scale` pixels: exact, where a canvas's own scaling would be some other filter. */
function averaged(large: OffscreenCanvas, scale: number): OffscreenCanvas {
  const gl = contextOf(large);
  const pixels = new Uint8Array(large.width * large.height * 4);
  gl.readPixels(0, 0, large.width, large.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  const small = new OffscreenCanvas(large.width / scale, large.height / scale);
  const pen = small.getContext('2d');
  if (!pen) throw new Error('This browser offers no 2D canvas.');
  const picture = pen.createImageData(small.width, small.height);
  const sums = new Uint16Array(small.width * 4);
  for (let y = 0; y < small.height; y++) {
    sums.fill(0);
    for (let row = 0; row < scale; row++) {
      // WebGL's rows run upwards.
      const start = (large.height - 1 - y * scale - row) * large.width * 4;
      for (let x = 0; x < large.width; x++) {
        const at = 4 * Math.floor(x / scale);
        for (let colour = 0; colour < 3; colour++)
          sums[at + colour] = (sums[at + colour] ?? 0) + (pixels[start + 4 * x + colour] ?? 0);
      }
    }
    for (let n = 0; n < sums.length; n++)
      picture.data[y * small.width * 4 + n] = n % 4 === 3 ? 255 : Math.round((sums[n] ?? 0) / (scale * scale));
  }
  pen.putImageData(picture, 0, 0);
  return small;
}

/** Samples of a truth's pixel along each side: of a small picture's pixel twice as many. With four, software WebGL takes minutes for a frame. */
const OVERSAMPLING = 2;

let drawing: Drawing | null = null;
let canvases: Canvases = [];

Object.assign(globalThis, {
  openDrawing(kind: 'race' | 'world', seed: number, width: number, height: number) {
    canvases = [
      new OffscreenCanvas(width, height),
      new OffscreenCanvas(2 * width * OVERSAMPLING, 2 * height * OVERSAMPLING),
    ];
    drawing = kind === 'race' ? openRace(canvases, seed) : openWorld(canvases, seed);
  },
  async drawAt(timeS: number, isKept: boolean) {
    drawing?.draw(timeS);
    const [small, large] = canvases;
    if (!small || !large || !isKept) return null;
    return { aliased: await toBase64(small), truth: await toBase64(averaged(large, OVERSAMPLING)) };
  },
});
