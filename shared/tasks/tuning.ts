/** What a task may take before anything is measured, ms (DESIGN §4.5); types still to come find theirs here. */
export const FIRST_DEADLINE_MS = {
  echo: 500,
  upscale: { bilinear: 100, spatial: 100, fast: 100, balanced: 1_000, quality: 1_000 },
  infer: { simple: 500, complex: 5_000 },
  pathfinding: 500,
  physics: 50,
  raytracing: 2_000,
} as const;

/** How far volunteers are believed (DESIGN §4.7). */
export const TRUST = {
  /** Right results in a row, of one volunteer and kind of work, below which each is checked; then one in as many as were right. */
  alwaysBelow: 10,
  /** Source pixels along a side of the tile of a picture that is computed again: a tenth of a second's work of a slow processor. */
  tileSide: 32,
  /** Beside it, so that the cut falsifies nothing within: the deepest network reads 6 pixels to each side, and the filter after it 2. */
  tileHalo: 8,
  /** Pixels of a tile that may differ: where a filter chooses between two edges, rounding may choose the other. */
  tileExceptions: 0.005,
} as const;

/** `infer`: its limits, how its tasks are run together and how two results are compared. */
export const INFER = {
  /** A name of the list of models, or a URL with the hash of what lies there. */
  maxModelChars: 1_024,
  maxNameChars: 128,
  /** Inputs of a task, or outputs: small models have one to three, those with a state a few dozen. */
  maxTensors: 32,
  maxRank: 8,
  /** All inputs of a task, or all outputs of a run: the envelope fits beside it in a transfer. */
  maxBytes: 64 * 1024 * 1024,
  /** Of several tasks that are run as one: more gains nothing, and is another copy in memory. */
  maxMergedBytes: 4 * 1024 * 1024,
  maxMergedTasks: 64,
  /** A run of several rows takes about so long before others have their turn and its progress is told: nothing interrupts one. */
  runMs: 25,
  /** How often progress is told: as often as a person can follow. */
  progressIntervalMs: 100,
  /** Models ready to run; the one that was not used for longest goes first. */
  maxSessions: 8,
  /** Runs of a model on each backend before the faster one is chosen; the first pays for compiling. */
  probeRuns: 3,
  /** By how much numbers may differ, as a part of them and of what their tensor's usually are: half precision's 2^-11, over some layers. */
  tolerance: 0.02,
  /** The part of whole numbers that may be a step apart. */
  differingSteps: 1 / 64,
} as const;

/** `pathfinding`: its limits and how it is checked. */
export const PATHFINDING = {
  /** 1 MB of costs, and a wave over all of it takes a processor a quarter of a second. */
  maxSide: 1_024,
  /** Agents of one task; the steps of all of them, a byte each on the wire and some 100 in a page's memory. */
  maxQueries: 4_096,
  maxSteps: 4 * 1024 * 1024,
  /** From so many queries with one goal on, one field costs less than a search each: a search settles a third of what a wave does. */
  fieldFromQueries: 3,
  /** Cells between two looks up from the work: a quarter of a millisecond. */
  cellsPerStep: 1_024,
  /** Part by which a path's cost may be off: single precision sums up ten thousand steps to some 1e-5. */
  costTolerance: 1e-4,
  /** Part of the whole work that a check may take, on average. */
  checkedShare: 0.03,
  /** Longest part of a path that is searched again: some thousands of cells. */
  checkedWindow: 64,
} as const;

/** `raytracing`: its limits, what its picture is made of and how it is checked. */
export const RAYTRACING = {
  maxSide: 4_096,
  /** Of one task's picture or tile: 16 MB of RGBA. */
  maxPixels: 4 * 1024 * 1024,
  maxSamplesPerPixel: 1_024,
  /** Pixels times samples of one task: some minutes on a processor. More is for several tiles. */
  maxSamples: 64 * 1024 * 1024,
  /** Spheres, planes and meshes together. */
  maxObjects: 4_096,
  maxLights: 16,
  /** Of all meshes: beyond it the largest steps of ordering them take too long for a frame that waits. */
  maxTriangles: 128 * 1024,
  /** Three for each triangle, if none are shared. */
  maxVertices: 3 * 128 * 1024,
  /** Reflections of one ray; the surface after the last is shown as if it reflected nothing. */
  maxBounces: 4,
  /** Part of a pixel below which a reflection is left out: half a step of 8 bits at white. */
  leastWeight: 1 / 512,
  /** How far rays leave a surface before they may meet one: by a part of one and the largest coordinate. Single precision needs it. */
  surfaceOffset: 1e-4,
  /** White light from everywhere, of full (p2c2r.d.ts). */
  ambient: 0.05,
  /** Samples traced between two looks up from the work: half a millisecond. */
  samplesPerStep: 128,
  /** A task is split into tiles of at least so many pixels: below it the scene's own way costs more. */
  minTilePixels: 1_024,
  /** A check traces this part of the pixels again, within these numbers. */
  checkedShare: 0.02,
  minCheckedPixels: 8,
  maxCheckedPixels: 128,
  /** Largest difference of a channel, steps of 255: half precision rounds by one, and sums of samples by another. */
  tolerance8bit: 3,
  /** Rays that pass an edge this close to it, in pixels, may fall on either side of it. */
  edgePixels: 0.02,
  /** One such pixel in so many may be wrong in a way that is not foreseen. */
  pixelsPerException: 64,
} as const;

/** `physics`: its limits, its checkpoints and how it is checked. */
export const PHYSICS = {
  /** A pair's number fits 32 bits, and one step of all takes a processor some 10 ms. */
  maxBodies: 16_384,
  maxSteps: 100_000,
  /** Bodies times steps of one task: about a minute on a processor. */
  maxBodySteps: 128 * 1024 * 1024,
  /** Longest step: past it nothing that bounces comes out right. */
  maxTimestepS: 1,
  /** More than these, of each body on average, and they are heaped up in one place. */
  maxPairsPerBody: 64,
  /** Different pairs that touched in the course of a task: 16 MB. */
  maxCollisions: 2 * 1024 * 1024,
  /** Checkpoints divide a task into at least so many parts, of at most so many steps: one part is what a check computes again. */
  segments: 8,
  maxSegmentSteps: 64,
  /** All of them together at most, 24 bytes a body each; then parts are longer. */
  maxCheckpointBytes: 16 * 1024 * 1024,
  /** Bodies looked at between two looks up from the work: half a millisecond. */
  bodiesPerStep: 512,
  /** What an honest machine may be off by, as a part of a number and of each sum: some roundings in single precision. */
  roundingShare: 1e-6,
  /** Bounds of errors are estimates: so many times as much is let pass. */
  errorSlack: 4,
  /** Part by which momentum and energy of all may be off, and how much more with each step. */
  conservedShare: 1e-4,
  conservedSharePerStep: 1e-7,
} as const;

/** `upscale`: its limits and how results are compared. */
export const IMAGE = {
  /** Largest per-channel difference between backends that both round correctly: one step of rounding in each of two passes. */
  tolerance8bit: 2,
  /** The same for a network beside its reference: half precision loses a few steps more on the way through its layers. */
  networkTolerance8bit: 4,
  /** Image limits of `upscale`. */
  maxImageSide: 8_192,
  maxOutputPixels: 16 * 1024 * 1024,
} as const;
