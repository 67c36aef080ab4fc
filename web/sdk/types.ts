import type { Effort } from '../../shared/tasks/infer.ts';
import type { ProgressListener, TaskProgress } from '../../shared/tasks/progress.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { Where } from '../../shared/where.ts';
import type { BackendName } from '../compute/backend.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import type { Redispatch, RedispatchCause } from '../dispatch/dispatcher.ts';
import type { Placement, PlacementCounts } from '../dispatch/placement.ts';
import type { Timing } from '../dispatch/timing.ts';
import type { FrameStream, StreamChanges, StreamOptions, StreamSource, StreamStats } from './frame-stream.ts';

/** The SDK's vocabulary. What is said of a member here is what its users read; README shows the whole in use. */

export type {
  FrameStream,
  ModelProgress,
  Placement,
  PlacementCounts,
  Quality,
  Redispatch,
  RedispatchCause,
  StreamChanges,
  StreamOptions,
  StreamSource,
  StreamStats,
  TaskProgress,
  Timing,
  Where,
};

/**
 * Anything drawable, or RGBA 8-bit sRGB pixels, straight alpha. Inputs are read before `submitTask` returns; a VideoFrame stays the
 * caller's to close.
 */
export type ImageInput =
  | ImageData
  | ImageBitmap
  | VideoFrame
  | HTMLCanvasElement
  | OffscreenCanvas
  | { width: number; height: number; data: Uint8ClampedArray | Uint8Array };

/**
 * `type` is one of float32, float64, float16, int8, uint8, int16, uint16, int32, uint32, int64, uint64, bool (a byte of 0 or 1). `data` is
 * row by row, as many bytes as `dims` and `type` say. In a result it is the typed array of its type: a Uint16Array of bits for float16,
 * BigInts for 64 bits, a Uint8Array for bool.
 */
export type Tensor = { type: string; dims: number[]; data: ArrayBufferView };
export type Vec3 = [number, number, number];
export type Material = { color: Vec3; reflectivity?: number };
export type SceneObject =
  | { type: 'sphere'; center: Vec3; radius: number; material: Material }
  | { type: 'plane'; point: Vec3; normal: Vec3; material: Material }
  | { type: 'mesh'; positions: Float32Array; indices: Uint32Array; material: Material };

/**
 * Inputs are read before `submitTask` returns, and
 * bounded: what is too much for one task is refused with reason `too-large`.
 */
export interface TaskTypes {
  echo: { input: { bytes: Uint8Array }; result: { bytes: Uint8Array } };
  /** scale 1..4, default 2; or an exact width and height. quality: default `spatial`. */
  upscale: {
    input: { image: ImageInput; scale?: number; width?: number; height?: number; quality?: Quality };
    result: { image: ImageData };
  };
  /**
   * Runs an ONNX model. `model` is a name of the server's list (`models/manifest.json`), or a URL whose origin the volunteer's owner allowed
   * (`acceptModelsFrom`); one that ends in `#sha256=` and 64 hexadecimal digits is checked, and kept by the browser. Names, types and
   * sizes of the inputs are checked against the model: `bad-input` says what it wants. A model whose inputs and outputs all begin with
   * an open axis called batch (N, batch_size) may be run on the rows of several tasks at once, and on many rows in parts. Up to
   * 32 tensors and 64 MiB each way. effort picks the first deadline: simple 500 ms (default), complex 5 s.
   */
  infer: {
    input: { model: string; inputs: Record<string, Tensor>; effort?: Effort };
    result: { outputs: Record<string, Tensor> };
  };
  /**
   * Cheapest paths over a grid of up to 1024x1024 cells, `cost` row by row, for up to 4,096 queries; x before y. Cost 0 is a wall;
   * entering a cell costs its value, diagonal steps sqrt(2) times it. A diagonal step is only taken where both cells beside it are
   * free: no corner is cut. `points` are all cells from start to goal, both included; null: there is no path, as from or to a wall.
   * Queries with the same goal are answered together, which is cheaper.
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
   * SI units; semi-implicit Euler; spheres, elastic unless `restitution` (0..1) is given. Up to 16,384 bodies. In each step all bodies
   * move, then each pair that overlaps and approaches bounces, in the order of their indices; fast small bodies want short steps, or
   * they pass through one another. Computed in double precision on a processor, perhaps in single on a GPU. `bodies` may be given
   * back, with their radii and masses, to go on. `collisions`: all pairs that touched, each once, the lower index first, in order.
   */
  physics: {
    input: {
      bodies: { position: Vec3; velocity: Vec3; radius: number; mass: number }[];
      gravity: Vec3;
      timestepS: number;
      steps: number;
      restitution?: number;
      /** Steps between two checkpoints. Default: an eighth of all, 64 at most. */
      checkpointEvery?: number;
    };
    result: {
      bodies: { position: Vec3; velocity: Vec3 }[];
      collisions: [number, number][];
      /**
       * `states`: after every so many steps, except the last, position and velocity of each body: 6 numbers a body, one body and one
       * state after another.
       */
      checkpoints: { everySteps: number; states: Float32Array };
    };
  };
  /**
   * Lambert shading with 5 % white ambient light; point lights without falloff, so shadows are hard; linear colours written as sRGB;
   * black background unless given. y is up; `fovDeg` is from bottom to top; a material's `color` is 0..1, and `reflectivity` (0..1,
   * default 0) the part of what is seen that is its mirror image, over four reflections at most. Planes and meshes show both sides. One
   * sample is taken in the middle of a pixel; several are spread over it by numbers that only depend on pixel, sample and seed, so that
   * tiles put together are the whole picture. Up to 128 Ki triangles, 4,096 objects, 16 lights; 4 Mi pixels and 64 Mi samples a task.
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
      /** Only this part of the picture, which is then the image; for several tasks that share the work. */
      tile?: { x: number; y: number; width: number; height: number };
    };
    result: { image: ImageData };
  };
}
export type TaskType = keyof TaskTypes;

export interface TaskOptions {
  where?: Where;
  /** Higher first, default 0. */
  priority?: number;
  /** Hard; without it a task is waited for. One that is not above 0 has passed already. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Default true for deterministic types: an equal task that is done or under way is not run again. False runs it in any case. */
  cache?: boolean;
  /** How far it is, some ten times a second while it takes long: now of `infer`, that fetches its model and runs many rows. */
  onProgress?: ProgressListener;
}

export interface Task<T extends TaskType = TaskType> {
  readonly id: string;
  readonly type: T;
  readonly result: Promise<TaskTypes[T]['result'] & { timing: Timing }>;
  cancel(): void;
}

export interface VolunteerInfo {
  id: string;
  name: string;
  /** What it upscales with. */
  backend: string;
  rttMs: number;
  /** 0 idle .. 1 full, as it says itself. */
  load: number;
  /** The coordinator's score, 0..1. */
  score: number;
  tasks: TaskType[];
  completed: number;
  failed: number;
  /** Caught giving wrong results. Results are not verified yet, so always false. */
  barred: boolean;
}

/** Counts since the client connected; `inFlight` and `queued` are of this moment. Verifying is not built yet: its count stays 0. */
export interface ClientStats {
  submitted: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** Results that came from the cache, or from the run of an equal task. */
  cacheHits: number;
  /** Second attempts beside one that was late, or whose volunteer fell silent. */
  hedged: number;
  /** Attempts after one that ended without a result. */
  redispatched: number;
  ranLocally: number;
  ranOnVolunteers: number;
  /** Where results came from and why they were run there. */
  placements: PlacementCounts;
  rejectedByVerify: number;
  inFlight: number;
  queued: number;
}

export interface GamerOptions {
  /** The server. Default: where this module came from. */
  url?: string;
  /** Its name is what lets one in: default a new one of 128 random bits. A name given in code is open to whoever knows it. */
  room?: string;
  /** A signed token, for rooms that want one. */
  invite?: string;
  /** A new room then wants a signed invite of whoever joins. */
  inviteOnly?: boolean;
  /** Volunteers of the server's open lobby may help too, who then see what is sent to them. Default false; see `setLobby`. */
  lobby?: boolean;
  /** Of those, volunteers that can run one of these. Default any. */
  needs?: readonly TaskType[];
  /** Told to nobody but the server. */
  name?: string;
  /** Default of every task and stream. */
  where?: Where;
  /** Default: those the server names. */
  iceServers?: RTCIceServer[];
  /** Hides this machine's addresses from volunteers: everything goes through TURN. */
  relayOnly?: boolean;
  /** A WebRTC implementation for Node. */
  wrtc?: unknown;
}

export interface VolunteerOptions {
  url?: string;
  room?: string;
  invite?: string;
  /** Serves whoever needs it instead of a room, where the server has an open lobby. */
  lobby?: boolean;
  name?: string;
  limits?: Partial<VolunteerLimits>;
  /** Insists on one way to compute; default: whichever proves fastest here, and two of them run networks only. Falls back to the processor where there is no WebGPU. */
  backend?: BackendName;
  /** What the event `model-progress` tells, from before there is a node to listen to: networks are fetched while it starts. */
  onModelProgress?: (progress: ModelProgress) => void;
  iceServers?: RTCIceServer[];
  relayOnly?: boolean;
}

/** `maxGamers` and `acceptModelsFrom` act today; the others are kept and told, and act once the volunteer's limits are built. */
export interface VolunteerLimits {
  /** 0..1 of the GPU's time. */
  gpuShare: number;
  maxGamers: number;
  onlyWhenIdle: boolean;
  pauseOnBattery: boolean;
  keepAwake: boolean;
  /** Origins (https, or its own server's) whose models may be run here by gamers who name them; default none. */
  acceptModelsFrom: string[];
}

export interface VolunteerStats {
  tasksDone: number;
  framesDone: number;
  gamers: number;
  /** 0 idle .. 1 full, over the last seconds. */
  load: number;
  /** What the streams' frames are made with now, each once: with less than their gamers want where this machine is too slow for that. */
  qualities: Quality[];
  busyMs: number;
  bytesIn: number;
  bytesOut: number;
}

export interface InviteOptions {
  role?: 'volunteer' | 'gamer';
  expiresInS?: number;
  uses?: number;
  /** Of a gamer: it then owns the room as well, as after a reload of the page that made it. Default false. */
  owner?: boolean;
}
