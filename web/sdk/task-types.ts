import type { DialogueMessage } from '../../shared/tasks/dialogue.ts';
import type { TaskValue } from '../../shared/tasks/infer/inputs.ts';
import type { Effort, RowRelation } from '../../shared/tasks/infer.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';

// The task types of the SDK, with their inputs and results. The comments here are their reference documentation.

/**
 * Anything drawable, or RGBA pixels: 8-bit sRGB with straight (not premultiplied) alpha, rows from top to bottom. Frames are read upright, in
 * square pixels; ImageData and frames in another colour space, or of 16 bits, are converted to 8-bit sRGB. The image is read
 * before `submitTask` returns. Closing a VideoFrame remains the caller's responsibility.
 */
export type ImageInput =
  | ImageData
  | ImageBitmap
  | VideoFrame
  | HTMLCanvasElement
  | OffscreenCanvas
  | { width: number; height: number; data: Uint8ClampedArray | Uint8Array };

/**
 * A tensor of a model's input or output. `type` is one of float32, float64, float16, int8, uint8, int16, uint16, int32, uint32, int64,
 * uint64, bool (one byte, 0 or 1) or string. A tensor of rank 0 has no `dims`, and a dim may be 0. `data` is in row-major order and its size must match `dims` and `type`. In a result it is the typed
 * array of the type: for float16 a Uint16Array of the bits, for 64-bit integers an array of BigInts, for bool a Uint8Array.
 * Texts are an array of strings.
 */
export type Tensor =
  | { type: string; dims: number[]; data: ArrayBufferView }
  | { type: 'string'; dims: number[]; data: string[] };
/** A tensor, or what else ONNX has: lists, maps and absent optionals, which no browser's onnxruntime takes yet; they are refused with `bad-input`. */
export type Value = TaskValue;
export type Vec3 = [number, number, number];
export type Material = { color: Vec3; reflectivity?: number };
export type SceneObject =
  | { type: 'sphere'; center: Vec3; radius: number; material: Material }
  | { type: 'plane'; point: Vec3; normal: Vec3; material: Material }
  | { type: 'mesh'; positions: Float32Array; indices: Uint32Array; material: Material };

/**
 * The task types, with their inputs and results. Inputs are read before `submitTask` returns. An input that is too much for one task
 * is refused with reason `too-large`.
 */
export interface TaskTypes {
  /** Returns the bytes it was given. For tests and measurements. */
  echo: { input: { bytes: Uint8Array }; result: { bytes: Uint8Array } };
  /**
   * Enlarges a picture: by `scale` (1..4, default 2), or to an exact `width` and `height` in pixels. `quality` defaults to `spatial`. A result has up to
   * 64 Mi pixels, and 32,767 on a side; the message of `too-large` names the largest scale that fits.
   */
  upscale: {
    input: { image: ImageInput; scale?: number; width?: number; height?: number; quality?: Quality };
    result: { image: ImageData };
  };
  /**
   * Runs an ONNX model. `model` is a name in the server's list (`models/manifest.json`), or a URL whose origin the volunteer's owner
   * allowed (`acceptModelsFrom`). A URL that ends in `#sha256=` and 64 hexadecimal digits is verified, and cached by the browser.
   *
   * Names, types and sizes of the inputs are checked against the model; the error `bad-input` says what it expects. Rows of
   * several tasks run together, and many rows in parts, where the model's graph proves that each row of the outputs, along the first axis, depends on
   * the same row of the inputs only; `rows` overrides that: `independent` or `joint`. Up to 256 tensors, 64 MiB and 16 Mi elements in each direction. `effort` selects how long a task may take, until that is measured, before it
   * counts as late: `simple` 500 ms (default), `complex` 5 s.
   *
   * `session` names calls of one model, one after another, that keep its state: outputs of a call that are inputs of the next, found by their usual
   * names (`state` and `stateN`, `past_key_values.0.key` and `present.0.key`), or given as `state`, `{ output: 'input' }`. The first call gives
   * the initial state among its inputs, the others leave it out, and no result has it. A session ends after ten minutes of silence.
   */
  infer: {
    input: {
      model: string;
      inputs: Record<string, Value>;
      effort?: Effort;
      rows?: RowRelation;
      session?: string;
      state?: Record<string, string>;
    };
    result: {
      outputs: Record<string, Tensor>;
      /** False where a check was due and nobody could make it, as for a model whose answer varies from run to run. */
      checked: boolean;
    };
  };
  /**
   * Has a character answer. `persona` says who it is; up to 256 messages, with the persona 64 KiB together, say what was said before and last. Both are data: whatever
   * they say, they give no orders to a volunteer's machine. `model` is `rules` (templates, at once), `browser` (the volunteer's browser's own), a
   * name in the server's list or of a folder of the server's, or the address of a folder that the volunteer's owner allows; by default the
   * best that the volunteer has. The answer has up to `maxTokens` tokens (1 to 1,024, default 128) and ends before any of the texts in `stop` (up to 8).
   * `temperature` is 0 (always the likeliest word) to 2, default 0.7. `seed` (default 0): the same request gives the same answer on machines that
   * compute alike. Of `emotions` (up to 32 words) the answer names the one that fits. Tasks with the same `conversation` are run where the last
   * one was, which has read the messages already.
   *
   * Tokens come by `onToken` as they are said. If the volunteer leaves, another one goes on from there. Cancelled after its first token, the task
   * gives what was said, with `finishReason: 'cancelled'`. Answers are not checked: there is no right one.
   */
  dialogue: {
    input: {
      messages: DialogueMessage[];
      persona?: string;
      model?: string;
      maxTokens?: number;
      temperature?: number;
      seed?: number;
      stop?: string[];
      emotions?: string[];
      conversation?: string;
    };
    result: {
      text: string;
      /** One of the `emotions`; left out where there are none. */
      emotion?: string;
      /** How many were said. */
      tokens: number;
      /** `stop`: the answer is complete; `length`: it was cut at `maxTokens`, or at the end of what the model can remember. */
      finishReason: 'stop' | 'length' | 'cancelled';
      /** Which model spoke. */
      model: string;
    };
  };
  /**
   * Finds cheapest paths on a grid of up to 1024x1024 cells, for up to 4,096 queries. `cost` is in row-major order; points are [x, y].
   * A cost of 0 is a wall. Entering a cell costs its value, and sqrt(2) times its value by a diagonal step. Diagonal steps are only
   * allowed where both adjacent cells are free, so no corner is cut. `points` are all cells from start to goal, inclusive; null means
   * that there is no path, for example from or to a wall. Queries with the same goal are computed together, which is cheaper.
   */
  pathfinding: {
    input: {
      grid: { width: number; height: number; cost: Uint8Array };
      neighbours: 4 | 8;
      queries: { start: [number, number]; goal: [number, number] }[];
    };
    result: { paths: ({ points: [number, number][]; cost: number } | null)[] };
  };
  /**
   * Simulates up to 16,384 spheres by semi-implicit Euler integration, in SI units. Collisions are elastic unless `restitution` (0..1)
   * is given. In each step all bodies move; then each pair that overlaps and approaches bounces, in the order of the indices. Small
   * fast bodies need short steps, or they pass through each other. Computed in double precision on a CPU, possibly in single precision
   * on a GPU. To continue a simulation, submit the resulting `bodies` with their radii and masses. `collisions` are all pairs that
   * touched, each once and sorted, the lower index first.
   */
  physics: {
    input: {
      bodies: { position: Vec3; velocity: Vec3; radius: number; mass: number }[];
      gravity: Vec3;
      timestepS: number;
      steps: number;
      restitution?: number;
      /**
       * Steps between two checkpoints.
       * @default an eighth of `steps`, at most 64
       */
      checkpointEvery?: number;
    };
    result: {
      bodies: { position: Vec3; velocity: Vec3 }[];
      collisions: [number, number][];
      /** For each of `collisions`, between which checkpoints the pair first touched: 0 is before the first. */
      collisionSegments: Uint32Array;
      /**
       * The states after every `everySteps` steps, except the last: 6 numbers for each body (position, velocity), body after body and
       * state after state.
       */
      checkpoints: { everySteps: number; states: Float32Array };
    };
  };
  /**
   * Renders a scene by ray tracing: Lambert shading with 5 % white ambient light, point lights without falloff (hard shadows), a black
   * background unless given, and linear colours written as sRGB. y is up; `fovDeg` is the vertical field of view. A material's `color`
   * is 0..1 per channel, and `reflectivity` (0..1, default 0) is the weight of its mirror image, over up to four reflections. Planes and
   * meshes are two-sided. A single sample is taken in the middle of the pixel; several are jittered by numbers that depend only on
   * pixel, sample and seed, so that tiles join seamlessly. Up to 131,072 triangles, 4,096 objects and 16 lights; up to 4,194,304 pixels
   * and 67,108,864 samples for each task. A sample may take 524,288 tests of rays against surfaces and the boxes around them, which only
   * scenes of surfaces that fill the same space exceed; such a task fails with `too-large`.
   */
  raytracing: {
    input: {
      camera: { position: Vec3; target: Vec3; fovDeg: number };
      objects: SceneObject[];
      lights: { position: Vec3; color: Vec3 }[];
      background?: Vec3;
      width: number;
      height: number;
      samplesPerPixel: number;
      seed: number;
      /** Renders only this part of the picture, in pixels; for several tasks that share the work. */
      tile?: { x: number; y: number; width: number; height: number };
    };
    result: { image: ImageData };
  };
}
export type TaskType = keyof TaskTypes;
