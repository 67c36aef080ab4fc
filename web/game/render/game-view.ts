import {
  DepthTexture,
  type Line,
  Matrix4,
  Mesh,
  type PerspectiveCamera,
  PlaneGeometry,
  type Points,
  type PointsMaterial,
  Scene,
  ShaderMaterial,
  Vector4,
  WebGLRenderTarget,
} from 'three';
import { lacking } from '../../../shared/browser-needs.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { NEUTRAL } from '../simulation/craft.ts';
import { Race, STEP_MS } from '../simulation/race.ts';
import { RaceScene } from './race-scene.ts';
import type { GamePicture, JitteredFrame } from './temporal-upscale.ts';

/** Samples of a pixel of the truth along each side; of one of the small picture there are twice as many. */
const OVERSAMPLING = 2;
/** The seed of a race, and a moment of it with much to see. */
const SEED = 11;
const STARTS_AT_S = 18;
const FRAME_S = 1 / 30;
/** The camera's path, metres a frame: forwards and to the right. */
const PATH_M = { ahead: 0.15, right: 0.06 };

/** Draws the depth buffer as three bytes, because a browser reads no other format back for certain. */
const PACK_DEPTH = `uniform highp sampler2D depth;
void main() {
  uint bits = uint(texelFetch(depth, ivec2(gl_FragCoord.xy), 0).x * 16777215.0);
  gl_FragColor = vec4(float(bits >> 16), float((bits >> 8) & 255u), float(bits & 255u), 255.0) / 255.0;
}`;
const COVER_ALL = 'void main() { gl_Position = vec4(position.xy, 0.0, 1.0); }';

/** Our game as a renderer sees it: pictures of one state at two sizes, and where the points in them come from. */
export class GameView {
  readonly #width: number;
  readonly #height: number;
  readonly #gl: WebGL2RenderingContext;
  readonly #race = new Race(seededRandom(SEED));
  readonly #scene: RaceScene;
  readonly #depth: WebGLRenderTarget;
  readonly #cover: Mesh<PlaneGeometry, ShaderMaterial>;
  readonly #packed: WebGLRenderTarget;
  readonly #packing = new Scene();
  #steps = 0;
  #home: PerspectiveCamera | null = null;
  /** From the world to the view that the last frame was drawn with, without jitter. */
  #before: Matrix4 | null = null;

  /** @param size - of the small picture, pixels. Throws MeshError `unsupported-browser`. */
  constructor({ width, height }: { width: number; height: number }) {
    this.#width = width;
    this.#height = height;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('webgl2', { alpha: false, antialias: false });
    if (!context) throw lacking('workerWebGl2');
    this.#gl = context;
    const random = seededRandom(SEED + 1);
    this.#scene = new RaceScene({ canvas, context, race: this.#race, random, isCalm: true });
    this.#scene.view.scene.traverse((part) => {
      // They are as wide in a large picture as in a small one, in pixels: it would show another scene.
      const points = (part as Points).isPoints ? ((part as Points).material as PointsMaterial) : null;
      if ((part as Line).isLine || points?.sizeAttenuation === false) part.visible = false;
    });
    this.#depth = new WebGLRenderTarget(width, height, { depthTexture: new DepthTexture(width, height) });
    this.#packed = new WebGLRenderTarget(width, height, { depthBuffer: false });
    const uniforms = { depth: { value: this.#depth.depthTexture } };
    const material = new ShaderMaterial({ uniforms, vertexShader: COVER_ALL, fragmentShader: PACK_DEPTH });
    this.#cover = new Mesh(new PlaneGeometry(2, 2), material);
    this.#cover.frustumCulled = false;
    this.#packing.add(this.#cover);
    this.goTo(0);
  }

  /** Lets the world go on until a frame, while the camera stays where it was at the first. */
  goTo(frame: number): void {
    for (; (this.#steps + 1) * STEP_MS <= (STARTS_AT_S + frame * FRAME_S) * 1000; this.#steps++)
      this.#race.step(NEUTRAL);
    const { camera } = this.#scene.view;
    camera.clearViewOffset();
    this.#scene.draw(0);
    this.#home ??= camera.clone();
    camera.position.copy(this.#home.position);
    camera.quaternion.copy(this.#home.quaternion);
    camera.updateMatrixWorld();
  }

  /** Moves the camera by one frame of its path. */
  fly(): void {
    const { camera } = this.#scene.view;
    camera.translateZ(-PATH_M.ahead);
    camera.translateX(PATH_M.right);
    camera.updateMatrixWorld();
  }

  /** The small picture with a sample at the centre of each pixel, as games render. */
  small(): GamePicture {
    return this.#drawn(1);
  }

  /** What the small picture should become at twice its size. */
  truth(): GamePicture {
    return averaged(this.#drawn(2 * OVERSAMPLING), OVERSAMPLING);
  }

  /** The frame for a temporal upscale; motion is counted from the last frame that was asked for. */
  jittered(jitter: readonly [number, number]): JitteredFrame {
    const { renderer, scene, camera } = this.#scene.view;
    const [width, height] = [this.#width, this.#height];
    camera.clearViewOffset();
    const unjittered = worldToView(camera);
    camera.setViewOffset(width, height, jitter[0], jitter[1], width, height);
    const image = this.#drawn(1);
    renderer.setRenderTarget(this.#depth);
    renderer.clear();
    renderer.render(scene, camera);
    renderer.setRenderTarget(this.#packed);
    renderer.render(this.#packing, camera);
    const bytes = new Uint8Array(width * height * 4);
    renderer.readRenderTargetPixels(this.#packed, 0, 0, width, height, bytes);
    renderer.setRenderTarget(null);
    const motion = motionOf(upright(bytes, width, height), jitter, {
      toWorld: worldToView(camera).invert(),
      now: unjittered,
      before: this.#before ?? unjittered,
    });
    this.#before = unjittered;
    camera.clearViewOffset();
    return { image, jitter, ...motion };
  }

  dispose(): void {
    this.#depth.depthTexture?.dispose();
    this.#depth.dispose();
    this.#packed.dispose();
    this.#cover.geometry.dispose();
    this.#cover.material.dispose();
    this.#scene.dispose();
  }

  #drawn(scale: number): GamePicture {
    const { renderer, scene, camera } = this.#scene.view;
    const [width, height] = [scale * this.#width, scale * this.#height];
    renderer.setSize(width, height, false);
    renderer.clear();
    renderer.render(scene, camera);
    const pixels = new Uint8Array(width * height * 4);
    this.#gl.readPixels(0, 0, width, height, this.#gl.RGBA, this.#gl.UNSIGNED_BYTE, pixels);
    return upright(pixels, width, height);
  }
}

function worldToView(camera: PerspectiveCamera): Matrix4 {
  return new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
}

/** WebGL's rows run upwards. */
function upright(pixels: Uint8Array, width: number, height: number): GamePicture {
  const data = new Uint8ClampedArray(pixels.length);
  for (let y = 0; y < height; y++) {
    data.set(pixels.subarray((height - 1 - y) * width * 4, (height - y) * width * 4), y * width * 4);
  }
  return { width, height, data };
}

/** The mean of every `side` x `side` pixels. */
function averaged(image: PixelImage, side: number): GamePicture {
  const [width, height] = [image.width / side, image.height / side];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [(i >> 2) % width, Math.floor((i >> 2) / width)];
    let sum = 0;
    for (let n = 0; n < side * side; n++) {
      const row = y * side + Math.floor(n / side);
      sum += image.data[(row * image.width + x * side + (n % side)) * 4 + (i % 4)] ?? 0;
    }
    data[i] = sum / (side * side);
  }
  return { width, height, data };
}

interface Views {
  /** From the view, with jitter, to the world. */
  toWorld: Matrix4;
  /** From the world to the view without jitter, in this frame and in the last one. */
  now: Matrix4;
  before: Matrix4;
}

/** @param depth - in red, green and blue. */
function motionOf({ width, height, data }: PixelImage, jitter: readonly [number, number], views: Views) {
  const motion = new Float32Array(width * height * 2);
  const depth = new Float32Array(width * height);
  const depthBefore = new Float32Array(width * height);
  const point = new Vector4();
  const place = new Vector4();
  for (let i = 0; i < depth.length; i++) {
    const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
    const bits = ((data[4 * i] ?? 0) << 16) | ((data[4 * i + 1] ?? 0) << 8) | (data[4 * i + 2] ?? 0);
    point.set((2 * x) / width - 1, 1 - (2 * y) / height, (2 * bits) / 0xffffff - 1, 1).applyMatrix4(views.toWorld);
    point.divideScalar(point.w);
    // In a perspective view the fourth component is the distance along it.
    depth[i] = place.copy(point).applyMatrix4(views.now).w;
    place.copy(point).applyMatrix4(views.before);
    depthBefore[i] = place.w;
    motion[2 * i] = x + jitter[0] - ((place.x / place.w + 1) * width) / 2;
    motion[2 * i + 1] = y + jitter[1] - ((1 - place.y / place.w) * height) / 2;
  }
  return { motion, depth, depthBefore };
}
