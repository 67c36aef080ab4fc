/** Compute: probing and limits of one machine. */
export const COMPUTE = {
  /** A task goes before frames where none had its turn for so long: a quarter of a first deadline, and one late frame in ten at 60 a second. */
  longestTaskWaitMs: 150,
  /** Backends and the ways of frames: of all start-up probing's 3 s (DESIGN §7), what the codecs' `STREAM.codecProbeMs` leaves. */
  probeBudgetMs: 2_600,
  /** One backend's share before it is abandoned as slow. */
  probeBackendMs: 1_200,
  /** Size of the picture the probe upscales twofold: large enough to hide dispatch cost, small enough for a software adapter. */
  probeWidth: 160,
  probeHeight: 90,
  /** One backend's share of measuring one network, at one size; it is offered slower rather than waited for longer. */
  networkProbeMs: 400,
  /** The picture a network's answer is judged by: the reference computes it in a tenth of a second. */
  networkCheckWidth: 26,
  networkCheckHeight: 18,
  /** What a volunteer's told speed of a network is meant for: the frames of a modest machine. */
  networkToldWidth: 320,
  networkToldHeight: 180,
  /** A browser's clock may not see less than this pass. */
  leastProbeMs: 0.1,
  /** Readback buffers in rotation: hides the 5-15 ms of mapAsync (FIELD). */
  readbackRing: 3,
  /** Textures and buffers kept for sizes that may come again: one 16-megapixel picture, or dozens of frames' sizes. */
  maxKeptBytes: 256 * 1024 * 1024,
  /** Features of a network between its layers: 4 megapixels at 32 channels of 4 bytes, in two textures. More than that and others on the GPU starve. */
  maxFeatureBytes: 1024 * 1024 * 1024,
  /** How long the processor computes before it looks up for a cancel or a frame: half a frame at 60 fps. */
  sliceMs: 8,
  /** Tasks started and not finished: hides the 5-15 ms of mapAsync (FIELD), and a frame waits behind no more than these. */
  tasksUnderWay: 3,
  /** Weight of the newest in what a gamer's next task is expected to take; set right when it ended. */
  turnSmoothing: 0.25,
  /** Gamers remembered for having used more than the others, while they have nothing here: as many as a volunteer may serve. */
  maxIdleOwners: 64,
  /** What `echo` costs is handing bytes over: about the speed of memory. */
  echoBytesPerMs: 1_000_000,
  /** Threads of onnxruntime-web: its own bound, beyond which small networks gain nothing. */
  maxRuntimeThreads: 4,
  /** Source pixels onnxruntime-web is given at a time on the processor: 320x180, some 20 to 70 ms of a run that nothing interrupts. */
  ortWasmBandPixels: 64 * 1024,
  /** The same on a GPU: 1280x720, whose widest tensor (16 channels of float32) is 59 MB of the 128 MiB every device may bind. */
  ortWebGpuBandPixels: 1280 * 720,
  /** What else the processor is promised to do until it was seen at it: measured on a core of 2020. */
  pathfindingCellsPerMs: 2_000,
  physicsBodyStepsPerMs: 800,
  raytracingUnitsPerMs: 10_000,
  /** Samples of the first rays a GPU is given of a picture, before what it takes is seen: some 10 ms of the slowest. */
  firstBandSamples: 16 * 1024,
  /** A GPU's share of measuring what tasks it runs better than the processor: with the filters' it fits the budget. */
  executorProbeMs: 1_200,
  /** Of the picture by which a GPU's rays are judged: some 50 ms on a processor. */
  rayProbeSide: 64,
  /** Part of the probe's channels that may differ by more than a check tolerates: edges fall on either side of a pixel. */
  rayProbeExceptions: 0.01,
  /** Of the grid by which a GPU's flow fields are judged: some 60 ms on a processor; and where it is taken anyway, if only right. */
  pathProbeSide: 512,
  insistedPathProbeSide: 32,
  /** Passes over a grid between two looks whether any still changes something, each look some ms. Powers of two. */
  minFieldPasses: 8,
  maxFieldPasses: 512,
  /** The bodies by which a GPU's physics is judged: some 80 ms on a processor; and where it is taken anyway, if only right. */
  bodyProbe: { bodies: 1_024, steps: 64 },
  insistedBodyProbe: { bodies: 64, steps: 16 },
  /** Steps of bodies between two looks whether all goes well, each look some ms. Powers of two. */
  minBatchSteps: 4,
  maxBatchSteps: 256,
  /** Pairs that touch in one step on a GPU, for each body: those of a packed heap are six. */
  pairsPerBody: 8,
  /** Looks of each of a GPU's 256 threads at pairs that touch, in one step: some 10 ms. More are for the processor. */
  bounceLooks: 4_096,
  /** Of inputs: the steering policy on its 60 bytes takes a quarter of a millisecond, its turn included. */
  inferBytesPerMs: 250,
  /** Lost devices before the processor takes over for good, and attempts at one frame meanwhile. */
  maxDeviceLosses: 3,
  maxFrameAttempts: 3,
} as const;

/** How the kind of a picture is told that a network is to double (web/compute/networks/input-kind.ts). */
export const INPUT_KIND = {
  /** Every so many rows and columns are looked at: 0.5 ms for 640x360, and thousands of edges. */
  lineStep: 4,
  /** Luma of 255 by which both sides of an edge differ, and the part of it that their own pixels may: noise and textures stay out. */
  edgeLuma: 24,
  evenWithin: 0.15,
  /** Edges with a pixel between their sides, of all: below it two coded frames in a hundred of those that are aliased are not, above it none of the smooth. */
  smoothFrom: 0.45,
  /** Fewer say nothing, and then little depends on it. */
  minEdges: 40,
  /** In a stream, a frame in so many is looked at: a second at 60 fps, and one copy out of the GPU. */
  framesBetweenLooks: 60,
} as const;

/** The networks' files, as a browser fetches and keeps them. */
export const MODELS = {
  /** The list of all networks is 3 kB today; a web page that came in its place may be any size. */
  maxManifestBytes: 256 * 1024,
  /** A download that brings no byte for so long has died: the slowest phone network answers within seconds. */
  stallTimeoutMs: 15_000,
  /** From a cache, as it is, then past every cache between here and the server: what is wrong twice is wrong there. */
  maxAttempts: 2,
  /** How often a page is told how far a download is: ten times a second looks live. */
  progressIntervalMs: 100,
  /** A model from elsewhere: half of what a small machine has to spare, and a minute on a home's line. */
  maxUrlModelBytes: 64 * 1024 * 1024,
  /** Of those, kept by the browser; the oldest go first. */
  maxKeptUrlModels: 4,
  /** Origins a volunteer's owner may allow. */
  maxOrigins: 64,
} as const;
