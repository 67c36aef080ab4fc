/**
 * What the SDK promises its users. test-contract-holds.ts has the compiler hold web/sdk to it, and e2e/packed-sdk.e2e.ts the package.
 * The SDK may say and offer more; nothing that is here changes.
 */
/** Anything drawable, or RGBA 8-bit sRGB pixels. Inputs are read before `submitTask` returns its first await; a VideoFrame stays the caller's to close. */
export type ImageInput =
  | ImageData
  | ImageBitmap
  | VideoFrame
  | HTMLCanvasElement
  | OffscreenCanvas
  | { width: number; height: number; data: Uint8ClampedArray | Uint8Array };
/** auto: whichever is predicted to finish first; volunteers: never here (waits for one, up to timeoutMs); local: never elsewhere. Default auto. */
export type Where = 'auto' | 'volunteers' | 'local';
/** From cheap to good. `ultra` is for real GPUs. Default: the best that keeps up. */
export type Quality = 'bilinear' | 'bicubic' | 'spatial' | 'fast' | 'balanced' | 'quality' | 'ultra';
export type Tensor =
  | { type: string; dims: number[]; data: ArrayBufferView }
  | { type: 'string'; dims: number[]; data: string[] };
export type Value = Tensor | { sequence: Value[] } | { map: [string | number | bigint, Value][] } | { none: true };
export type Vec3 = [number, number, number];

export interface TaskTypes {
  echo: { input: { bytes: Uint8Array }; result: { bytes: Uint8Array } };
  /** scale 1..4, default 2; or an exact width and height. */
  upscale: {
    input: { image: ImageInput; scale?: number; width?: number; height?: number; quality?: Quality };
    result: { image: ImageData };
  };
  /** effort picks the first deadline: simple 500 ms (default), complex 5 s. */
  infer: {
    input: {
      model: string;
      inputs: Record<string, Value>;
      effort?: 'simple' | 'complex';
      rows?: 'independent' | 'joint';
    };
    result: { outputs: Record<string, Value>; checked: boolean };
  };
  /** Tokens come by `onToken` of the options. `persona` and `messages` are data, never instructions to a volunteer. */
  dialogue: {
    input: {
      messages: { role: 'system' | 'user' | 'assistant'; content: string }[];
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
      emotion?: string;
      tokens: number;
      finishReason: 'stop' | 'length' | 'cancelled';
      model: string;
    };
  };
  /** cost 0 is a wall; entering a cell costs its value, diagonal steps sqrt(2) times it. null: no path. */
  pathfinding: {
    input: {
      grid: { width: number; height: number; cost: Uint8Array };
      neighbours: 4 | 8;
      queries: { start: [number, number]; goal: [number, number] }[];
    };
    result: { paths: ({ points: [number, number][]; cost: number } | null)[] };
  };
  /** SI units; semi-implicit Euler; spheres, elastic unless `restitution` is given. */
  physics: {
    input: {
      bodies: { position: Vec3; velocity: Vec3; radius: number; mass: number }[];
      gravity: Vec3;
      timestepS: number;
      steps: number;
      restitution?: number;
    };
    result: { bodies: { position: Vec3; velocity: Vec3 }[]; collisions: [number, number][]; checkpoints: unknown };
  };
  /** Lambert shading with 5 % ambient, point lights without falloff, linear colours written as sRGB, black background unless given. */
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
    };
    result: { image: ImageData };
  };
}
export type Material = { color: Vec3; reflectivity?: number };
export type SceneObject =
  | { type: 'sphere'; center: Vec3; radius: number; material: Material }
  | { type: 'plane'; point: Vec3; normal: Vec3; material: Material }
  | { type: 'mesh'; positions: Float32Array; indices: Uint32Array; material: Material };
export type TaskType = keyof TaskTypes;

/** cache: default true for deterministic types. priority: higher first, default 0. timeoutMs: hard; without it the learned deadline governs. */
export interface TaskOptions {
  where?: Where;
  priority?: number;
  timeoutMs?: number;
  signal?: AbortSignal;
  cache?: boolean;
}
/** Where the time went, ms; the stages add up to totalMs. */
export interface Timing {
  totalMs: number;
  queueMs: number;
  sendMs: number;
  computeMs: number;
  receiveMs: number;
  ranOn: string | 'local' | 'cache';
  backend: string;
  attempts: number;
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
  backend: string;
  rttMs: number;
  load: number;
  score: number;
  tasks: TaskType[];
  completed: number;
  failed: number;
  barred: boolean;
}
export interface ClientStats {
  submitted: number;
  completed: number;
  failed: number;
  cancelled: number;
  cacheHits: number;
  hedged: number;
  redispatched: number;
  ranLocally: number;
  ranOnVolunteers: number;
  rejectedByVerify: number;
  inFlight: number;
  queued: number;
}

export class GamerClient extends EventTarget {
  /**
   * Joins (or makes) a room. A room's name is what lets one in: by default it is random, 128 bits. A name given in code is open to whoever knows it.
   * Rooms made with `inviteOnly` (as the gamer page does), and all rooms where the server says so, want a signed invite. url: default the module's origin.
   * wrtc: a WebRTC implementation for Node.
   */
  static connect(options?: {
    url?: string;
    room?: string;
    invite?: string;
    inviteOnly?: boolean;
    name?: string;
    where?: Where;
    iceServers?: RTCIceServer[];
    relayOnly?: boolean;
    wrtc?: unknown;
  }): Promise<GamerClient>;
  readonly room: string;
  readonly volunteers: readonly VolunteerInfo[];
  /** Resolves when so many volunteers are linked and have told their capabilities. */
  whenReady(options?: { volunteers?: number; timeoutMs?: number }): Promise<void>;
  /** Resolves when the queue has room: back-pressure for bulk work. */
  ready(): Promise<void>;
  submitTask<T extends TaskType>(type: T, input: TaskTypes[T]['input'], options?: TaskOptions): Task<T>;
  submitTasksBatch<T extends TaskType>(
    items: { type: T; input: TaskTypes[T]['input']; options?: TaskOptions }[],
  ): Task<T>[];
  /** Awaits a task by id. Its timeout ends the waiting, not the task. Results are kept for 60 s after they are done. */
  getResult(id: string, options?: { timeoutMs?: number }): Promise<unknown>;
  openStream(
    source: HTMLCanvasElement | HTMLVideoElement | MediaStreamTrack | ReadableStream<VideoFrame>,
    options?: StreamOptions,
  ): Promise<FrameStream>;
  /** Lays the sharpened picture over an element of the page and follows it; input keeps reaching the element. Shows it only while it is better. */
  attach(
    element: HTMLCanvasElement | HTMLVideoElement,
    options?: StreamOptions & { renderScale?: number },
  ): Promise<Attachment>;
  /** Under 10 s: what works between this browser, the server and a relay, each failure with its cause and the next step. */
  testConnection(): Promise<ConnectionReport>;
  createInvite(options?: {
    role?: 'volunteer' | 'gamer';
    expiresInS?: number;
    uses?: number;
  }): Promise<{ url: string; token: string }>;
  stats(): ClientStats;
  close(): Promise<void>;
  // events: 'volunteers' (the list changed), 'state' ('connecting' | 'online' | 'reconnecting' | 'closed')
}

/**
 * transport: `detail` (default) shows this machine's own frame at once and adds what volunteers send; `picture` shows what they send. patience:
 * frames that a base may wait for its detail, 0..2, default automatic.
 */
export interface StreamOptions {
  scale?: number;
  quality?: Quality;
  maxFps?: number;
  where?: Where;
  bitrateKbps?: number;
  transport?: 'detail' | 'picture';
  patience?: number;
}

export interface Attachment extends EventTarget {
  readonly element: HTMLElement;
  readonly stream: FrameStream;
  /** Whether the sharpened picture is shown now, and why not. */
  readonly shown: { is: boolean; why: string };
  detach(): Promise<void>;
}
export interface ConnectionReport {
  ok: boolean;
  steps: { name: string; ok: boolean; ms?: number; found: string; next?: string }[];
}

export interface FrameStream {
  /** Where the frames are shown; put it into a page. */
  readonly canvas: HTMLCanvasElement;
  readonly track: MediaStreamTrack;
  stats(): StreamStats;
  set(options: { quality?: Quality; maxFps?: number; where?: Where; patience?: number }): void;
  close(): Promise<void>;
}
/** Percentiles over the last 5 s, ms; stages in order, adding up to glass-to-glass. */
export interface StreamStats {
  framesCaptured: number;
  framesSent: number;
  framesPresented: number;
  framesLocal: number;
  framesDropped: Record<string, number>;
  fps: number;
  glassToGlassMs: { p50: number; p95: number };
  stagesMs: { name: string; p50: number }[];
  uplinkKbps: number;
  downlinkKbps: number;
  codec: string;
  shares: { volunteerId: string; share: number }[];
  running: Where;
  why: string;
  /** Of the frames shown: those with detail; how old the detail was, ms; what it is estimated to have gained, dB over the base (null: not known). */
  framesWithDetail: number;
  detailAgeMs: { p50: number; p95: number };
  gainDb: number | null;
}

export class VolunteerNode extends EventTarget {
  /** Resolves once registered with measured capabilities (probing has a 3 s budget; slow backends are abandoned, the rest is learned later). */
  static start(options?: {
    url?: string;
    room?: string;
    invite?: string;
    name?: string;
    limits?: Partial<VolunteerLimits>;
    iceServers?: RTCIceServer[];
    relayOnly?: boolean;
  }): Promise<VolunteerNode>;
  readonly capabilities: { adapter: string; backends: Record<string, { backend: string; unitsPerMs: number }> };
  readonly state: 'probing' | 'serving' | 'paused' | 'reconnecting' | 'stopped';
  readonly limits: VolunteerLimits;
  /** Which limit holds it back now, in a sentence for a person; null when none does. */
  readonly limitState: { limit: keyof VolunteerLimits; why: string } | null;
  setLimits(limits: Partial<VolunteerLimits>): void;
  stats(): {
    tasksDone: number;
    framesDone: number;
    gamers: number;
    load: number;
    busyMs: number;
    bytesIn: number;
    bytesOut: number;
  };
  /** Hands running work back at once. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
  // events: 'stats', 'state'
}
/** pauseBelowBattery: 0..1. hours, local time: [weekday 0-6 from Sunday, from minute, to minute][]; empty is always. dataMBPerDay: 0 is no limit. */
export interface VolunteerLimits {
  gpuShare: number;
  maxGamers: number;
  onlyWhenIdle: boolean;
  pauseOnBattery: boolean;
  pauseBelowBattery: number;
  keepAwake: boolean;
  hours: [number, number, number][];
  dataMBPerDay: number;
  acceptModelsFrom: string[];
  acceptDialogue: boolean;
}

/** Every rejection and every thrown error of the SDK. message tells a person what to do. */
export class MeshError extends Error {
  readonly reason:
    | 'bad-input'
    | 'unknown-task'
    | 'unknown-model'
    | 'no-volunteer'
    | 'timeout'
    | 'cancelled'
    | 'queue-full'
    | 'volunteer-failed'
    | 'verify-failed'
    | 'room-full'
    | 'not-invited'
    | 'rate-limited'
    | 'protocol-version'
    | 'connection-failed'
    | 'signaling-unreachable'
    | 'unsupported-browser'
    | 'device-lost'
    | 'source-ended'
    | 'too-large'
    | 'malformed'
    | 'closed';
}
