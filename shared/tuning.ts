/** Every timeout, threshold and ratio of the house: unit in the name, reason beside it. Grouped by who reads them. */

/** Signaling: the browser's socket to the coordinator. */
export const SIGNALING = {
  /** A first answer from a server on another continent takes well under a second; past this a person should be told. */
  connectTimeoutMs: 10_000,
  /** A page that is closing waits this long for the server to hear it. */
  leaveTimeoutMs: 1_000,
  /** How long the coordinator keeps a session whose socket is lost: covers a reload of a router, not a closed tab for long. */
  resumeGraceMs: 30_000,
  /** Reconnect attempts start fast, since most losses are a server restart, and stay below a person's patience. */
  reconnectDelayMs: 250,
  reconnectDelayMaxMs: 5_000,
  /** socket.io's jitter factor: spreads a thousand pages that lost the same server. */
  reconnectJitter: 0.5,
  /** Signals kept for a member whose socket is away: one offer or answer and its candidates are about twenty. */
  maxBufferedSignals: 64,
  /** An SDP with four data channels is under 2 KB; ICE servers with many interfaces stay under 16 KB. */
  maxSdpChars: 16_384,
  maxCandidateChars: 1_024,
  /** Largest socket.io message in either direction: an SDP with room to spare. */
  maxMessageBytes: 64 * 1024,
  /** How often a volunteer looks whether to tell the coordinator its load: ranking needs seconds, not frames. */
  statusIntervalMs: 2_000,
  /** A load, 0..1, that differs by less is not told: it moves a score by a hundredth or two. */
  statusStep: 0.05,
  /** One that stays as it is is told so often: with every heartbeat (25 s) the server knows better how far away a volunteer is. */
  statusRepeatMs: 30_000,
  /** Introductions that come with the answer to a join: MAX_INTRODUCTIONS and a volunteer's `maxGamers` end at 64. */
  maxFirstIntroductions: 64,
  maxNameChars: 64,
  maxRoomChars: 128,
  maxInviteChars: 2_048,
  /** TURN credentials are asked for anew after this part of the time they hold: a quarter is left for a server that is away. */
  renewIceAfter: 0.75,
  /** How long after a refusal they are asked for again; a lost socket brings new ones with its next join. */
  renewIceRetryMs: 30_000,
  /** Why a volunteer is reported: a sentence, for the server's log. */
  maxAccusationChars: 200,
} as const;

/** The coordinator's defaults; its configuration may change each. */
export const COORDINATOR = {
  /** Members of one room: a party of friends and their machines, with room to spare. */
  roomCapacity: 128,
  /** Volunteers one gamer is introduced to: a frame needs few, and each link costs a peer connection. */
  maxIntroductions: 8,
  /** How long a graceful stop waits for requests under way. */
  drainMs: 3_000,
  /** Sessions of one instance, those in their resume grace included: about 20 kB each, so a small machine holds them. */
  maxSessions: 20_000,
  /** A socket that has not joined by then is not one of our pages. */
  joinTimeoutMs: 10_000,
  /** Packets waiting for a slow socket before it is dropped: twice what a resume may flush at once. */
  maxQueuedPackets: 512,
  /** A socket's round trip before it is measured: between a home network and a server on the same continent. */
  assumedRttMs: 50,
  /** Regions of the lobby, by round trip to the server: two where it doubles, a heartbeat differs from the next by more; farther ones are one. */
  regionsPerOctave: 2,
  farthestRegionMs: 2_000,
  /** TURN credentials outlast a long evening even of a page that cannot ask for new ones, and one who copies them has a day. */
  turnTtlS: 24 * 3_600,
  /** A member may come back with its pass after a weekend, not with one found in an old backup. */
  passValidS: 7 * 24 * 3_600,
  /** What is remembered of volunteers and of who worked with whom, least recently used first out; under 200 bytes each. */
  maxReputations: 50_000,
  maxPartnersPerGamer: 64,
  maxGamersRemembered: 10_000,
  /** Rooms whose reports of wrong results are remembered, and how many volunteers of each; under 200 bytes each. */
  maxRoomsWithAccused: 5_000,
  maxAccusedPerRoom: 128,
  /** Gamers counted against one volunteer: past it more of them change no order. */
  maxAccusers: 16,
  /** Volunteers one gamer may report in ten minutes: an honest one meets no more cheats than it has helpers. */
  accusations: { events: 16, windowMs: 600_000, maxKeys: 10_000 },
  /**
   * Invites with a number of uses that are being counted, those taken back, and who was removed from invite-only rooms; past it new
   * ones are refused rather than old ones forgotten.
   */
  maxCountedInvites: 10_000,
  /** Volunteers and invites that one owner may be rid of in ten minutes: more than a room's worth of mishaps. */
  ownerActs: { events: 64, windowMs: 600_000, maxKeys: 10_000 },
  /** Removed from one room while it lives; the first are forgotten past it. Two ids each. */
  maxRemovedPerRoom: 256,
  /** Wrong invites of one address in the first window that lock it out for the second: nobody mistypes ten links, and a guess has 2^-256. */
  wrongInvites: { most: 10, windowMs: 600_000, lockMs: 600_000, maxAddresses: 10_000 },
} as const;

/** What one address and one session may send in a window; LIMIT_FACTOR multiplies each. An address may be a household or a school. */
export const LIMITS = {
  windowS: 10,
  /** A hundred pages behind one address that lost their server, and the second attempts of those that were refused. */
  connectsPerAddress: 200,
  /** Fewer than connects: these are answered, and the page can say why. */
  joinsPerAddress: 150,
  /** A page that reconnects at its fastest joins ten times in a window. */
  joinsPerSession: 20,
  /** A volunteer that meets the most gamers there may be, 64, with an answer and twenty candidates each. */
  signalsPerSession: 2_000,
  signalsPerAddress: 8_000,
  /** Everything else: a gamer's report on each of 16 volunteers every second, and a person's clicks. */
  eventsPerSession: 200,
  eventsPerAddress: 4_000,
  /** Offers are under 20 kB, candidates under 1 kB. */
  bytesPerSession: 4 * 1024 * 1024,
  bytesPerAddress: 32 * 1024 * 1024,
  /** Who goes on so many times over a limit does not listen to refusals: its socket is dropped. */
  dropAtTimes: 3,
  /** Sockets of one address at a time. */
  socketsPerAddress: 1_000,
} as const;

/** Where the coordinator keeps what it remembers: a file, or Redis. */
export const STORE = {
  /** Lines of about 60 bytes that are appended before it is written anew, past twice what it has to hold. */
  minLinesToRewrite: 1_000,
  /** In Redis: a volunteer's history outlasts a season without it, a room's reports and a gamer's partners a month. */
  reputationTtlS: 90 * 24 * 3_600,
  roomTtlS: 30 * 24 * 3_600,
} as const;

/** Several instances over one Redis. */
export const CLUSTER = {
  /** How often an instance says that it lives, and the one that decides that it still does. */
  beatMs: 500,
  /** Who decides is replaced when it has said nothing for so long: longer than a pause of a busy process, shorter than a page waits. */
  leaseMs: 4_000,
  /** Before its first beat it reads what its predecessor left: 20,000 members take some seconds. */
  firstLeaseMs: 15_000,
  /** An instance that said nothing for so long has lost its sockets. */
  instanceTtlMs: 6_000,
  /** Rooms and members that nobody has decided about for so long are gone from Redis. */
  stateTtlMs: 10 * 60_000,
  /** An event waits so long for an answer: past `leaseMs`, so that it outlasts a change of who decides. */
  askTimeoutMs: 10_000,
  /** Events that may wait at a time: a second's worth at twice the rate that one deciding process can take. */
  maxWaiting: 20_000,
  /** Answers that are kept in case an event is asked again: some seconds' worth. */
  maxAnswers: 20_000,
  /** Entries of the stream that carries what sockets are told: some seconds' worth, a few hundred bytes each. */
  maxStreamEntries: 20_000,
  /** A Redis that takes longer to answer counts as lost. */
  commandTimeoutMs: 2_000,
  /** A server that starts waits so long for its Redis. */
  connectTimeoutMs: 10_000,
  /** Waits before each attempt to connect to Redis again grow by the first up to the second. */
  reconnectDelayMs: 100,
  reconnectDelayMaxMs: 1_000,
} as const;

/** How the coordinator watches itself. */
export const OPERATION = {
  /** How often the loop's lateness is looked at: as fine as a lateness that people notice. */
  loopLagResolutionMs: 10,
  /** Figures are of the last window of this length: shorter than a scrape of Prometheus, so that none is missed for long. */
  loopLagWindowMs: 10_000,
} as const;

/** Weights of the coordinator's score of a volunteer, terms in 0..1 (DESIGN §4). */
export const RANKING = { history: 0.4, free: 0.3, latency: 0.2, affinity: 0.1 } as const;

/** Invites, where the caller says nothing else. */
export const INVITE = {
  /** A link sent to a friend works until the same time tomorrow. */
  expiresInS: 24 * 3_600,
  /** A page that is reloaded keeps its link while this part of its time is left; else friends would be sent one about to end. */
  keepWhileLeft: 0.5,
  /** An owner finds back into its room for as long as a member does with its pass. */
  wayBackS: 7 * 24 * 3_600,
} as const;

/** Links: one WebRTC connection between a gamer and a volunteer. */
export const LINK = {
  /** ICE on a LAN takes under 200 ms, through TURN a second or two; past this it will not come. */
  connectTimeoutMs: 15_000,
  /** `disconnected` often heals by itself: networks change, laptops wake (FIELD, simple-peer). */
  disconnectedGraceMs: 5_000,
  /** Waits before each new attempt, each with jitter; after the last the link is given up until the next introduction. */
  retryDelaysMs: [0, 300, 1_200, 2_700, 4_800, 7_000],
  /** Each wait is multiplied by 1 + random * this. */
  retryJitter: 0.3,
  /** The hello is the first message on a link that just opened: if it does not come the other side is not ours. */
  helloTimeoutMs: 5_000,
  /** How long after a link opened its path is looked up for the server's figures: its first seconds belong to frames. */
  pathLookupMs: 3_000,
  /** How long the answering side waits for the next offer: the initiator's longest wait and one whole attempt, with some slack. */
  awaitOfferMs: 30_000,
  /** hello, capabilities and stream setup are a few hundred bytes. */
  maxControlBytes: 64 * 1024,
  /** How often a send queue is looked at that does not tell when it is low: 1 MiB every 5 ms is more than most networks carry. */
  lowWaterPollMs: 5,
} as const;

/** Transfers: one message on a channel, whatever number of chunks it takes. */
export const TRANSFER = {
  /** An 8-bit RGBA picture of 16 megapixels, the largest result of an `upscale`, with its envelope. */
  maxTransferBytes: 64 * 1024 * 1024 + 64 * 1024,
  /** Unfinished transfers per channel and their bytes: what a hostile peer can make us hold. */
  maxPartialTransfers: 64,
  maxPartialBytes: 160 * 1024 * 1024,
  /** Messages in one envelope; a batch is split beyond it. */
  maxMessagesPerEnvelope: 256,
  maxEnvelopeBytes: 1024 * 1024,
  maxAttachments: 1_024,
  /** Bytes waiting in our own send queue of a channel before senders are refused. */
  maxQueuedBytes: 256 * 1024 * 1024,
} as const;

/** Pulse: the worker's own sign of life, on its own unreliable channel. */
export const HEARTBEAT = {
  /** A ping this often keeps the RTT fresh and notices a dead peer; 20 bytes a time. */
  intervalMs: 500,
  /** Silence of this length is a confirmed loss: ten pings in a row do not die of packet loss. */
  lostAfterMs: 5_000,
  /** Round trip of a link before it is measured: two homes in one country. */
  assumedRttMs: 20,
  /** Weights of the newest RTT sample in the round trip and in its jitter, and how much jitter an answer may have (RFC 6298). */
  rttSmoothing: 0.125,
  jitterSmoothing: 0.25,
  jitterFactor: 4,
  /** A worker that has work says so this often, 37 bytes a time: one may be lost, or late, and it is not suspected. */
  leaseMs: 20,
  /** A worker with work is suspected after this silence at the earliest (DESIGN §4): one collection of garbage is not enough. */
  suspectAfterMs: 50,
  /** Between a channel's end and that of its link: a farewell under way takes no longer. */
  farewellMs: 1_000,
  /** Between the two looks at a silence: what waits in our own event queue is heard by then. */
  secondLookMs: 10,
} as const;

/** Tasks: queueing, credits and the ladder of DESIGN §4. */
export const TASKS = {
  /** Tasks a client may have waiting, and the bytes they may carry (pictures of eight 16-megapixel games); past either `queue-full`. */
  maxQueued: 4_096,
  maxQueuedBytes: 512 * 1024 * 1024,
  /** `ready()` resolves below this part of both. */
  readyBelow: 0.25,
  /** Attempts on volunteers in all, before the task is run locally. */
  maxAttempts: 3,
  /** Waiting jobs of one type and `where` that a pump looks past: what none of so many would rather have is no runner to hold a place for. */
  lookAhead: 256,
  /** Times a task may be handed back unharmed before that counts as a failure: a machine that pauses all day must not hold it. */
  maxReturns: 8,
  /** Most tasks a volunteer takes from one gamer at a time, running and waiting, however fast it is: a batch of small ones. */
  creditsPerGamer: 64,
  /** Bytes of tasks and their results on their way to and from one volunteer, before it gets more: with the largest task on top they fit a send queue. */
  maxBytesInFlight: 96 * 1024 * 1024,
  /** Tasks a volunteer holds for all its gamers. */
  maxHeld: 256,
  /** Results kept for `getResult` after a task ended (p2c2r.d.ts). */
  resultKeptMs: 60_000,
  maxKeptResults: 1_024,
  /** Of pixels and the like in kept results: four of the largest pictures. */
  maxKeptBytes: 256 * 1024 * 1024,
  /** Features of a network between its layers: 4 megapixels at 32 channels of 4 bytes, in two textures. More than that and others on the GPU starve. */
  maxFeatureBytes: 1024 * 1024 * 1024,
  /** `whenReady` without a timeout of its own. */
  whenReadyTimeoutMs: 30_000,
  /** Weight of the newest sample in the learned service times: follows a machine that became busy within some five tasks. */
  estimateSmoothing: 0.2,
  /** What was learned weighs a third after this long without a sample: machines change what else they do within seconds. */
  forgetAfterMs: 5_000,
  /** Costs must differ by this ratio before they tell a fixed part from one by cost. */
  minCostSpread: 0.1,
  /** The least part of its tasks that a machine does one after another: it overlaps a few (COMPUTE.tasksUnderWay), not many. */
  minInTurn: 0.25,
  /** How fast a wait behind others' work is forgotten: a game's load lasts for seconds. */
  waitFadesMs: 5_000,
  /** Link speed assumed before it is measured: loopback reaches 30 MB/s, a home uplink 2 MB/s (DESIGN §10). */
  assumedBytesPerMs: 5_000,
  /** Below this many bytes a task's time is the round trip and says nothing of the link's rate. */
  minRateSampleBytes: 64 * 1024,
  /** A task is late past this quantile of what tasks of its type took, once so many of the newest have been seen (DESIGN §4.5). */
  lateQuantile: 0.95,
  minLatenessSamples: 20,
  latenessWindow: 128,
  /** The quantile is taken anew every so many samples: it moves slowly, and sorting is not free. */
  latenessRefresh: 16,
  /** Nothing is late before this: the timers and the event loop of a busy page are no finer. */
  minLateMs: 8,
  /** So many times later than late, an attempt is hedged whatever was spent: it may well never end. */
  farTooLate: 4,
  /** One task in so many may be run twice: 5 % (The Tail at Scale); what is unspent is kept up to a burst. */
  tasksPerDuplicate: 20,
  duplicateBurst: 4,
  /** One task in so many is also run where it was predicted to be slower, up to this ratio, if nothing was measured there for so long. */
  tasksPerExploration: 50,
  maxExplorationRatio: 8,
  staleAfterMs: 2_000,
  /** A task that takes less than this is not split: planning, envelopes and merging cost a millisecond or two. */
  minSplitMs: 20,
  /** It is split if that is predicted to take less than this part of the time: predictions err, and parts are more that can be late. */
  splitBelow: 0.8,
  /** Parts for each runner that are weighed: the more, the better uneven machines and uneven parts balance, and the more is sent. */
  partsPerRunner: [1, 2, 4],
  maxParts: 64,
  /** Tasks given to the local engine at a time: the second one hides the hop to its worker. */
  localPipeline: 2,
  /** Added to every local prediction: a task at home competes with the game itself. */
  localPenaltyMs: 1,
} as const;

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

/** The result cache (DESIGN §4.2). */
export const CACHE = {
  maxEntries: 1_000,
  /** Some thirty 720p pictures. */
  maxBytes: 128 * 1024 * 1024,
  /** One result may not push out all others. */
  maxEntryBytes: 32 * 1024 * 1024,
  /** Up to here hashing at once (4 us a kB) costs less than asking the browser, which answers in a later turn. */
  syncHashBytes: 16 * 1024,
} as const;

/** How a volunteer sizes what it takes from one gamer (web/dispatch/credit-window.ts). */
export const CREDIT = {
  /** Before anything is measured: enough for a fast volunteer not to wait, and what a slow one can give back without much loss. */
  first: 16,
  /** One to work on and one at hand, however long they take. */
  atLeast: 2,
  /** Beyond the round trip: a page that draws looks at its messages once a frame. */
  slackMs: 16,
  /** Weight of the newest interval: follows a change within some tens of tasks, and a task twice as large as the last is no change. */
  serviceSmoothing: 0.1,
  /** An interval counts at most as so many times the learned one and a little: a collection of garbage is not a new speed. */
  largestStep: 4,
  smallestStepMs: 1,
  /** Below it the clock of a browser sees nothing. */
  shortestServiceMs: 0.01,
  /** A window is told only when it changed by this part: not with every task. */
  hysteresis: 0.25,
} as const;

/** A volunteer's machine. */
export const VOLUNTEER = {
  /** Gamers it serves at a time unless told otherwise, and at most (the status schema's bound). */
  maxGamers: 4,
  maxGamersLimit: 64,
  /** How often its page learns what the worker did: twice a second looks live. */
  statsIntervalMs: 500,
  /** Its load is the busy share of this long: steady enough to rank by, fresh enough to notice a game that started. */
  loadWindowMs: 3_000,
} as const;

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
  /** Largest per-channel difference between backends that both round correctly: one step of rounding in each of two passes. */
  tolerance8bit: 2,
  /** The same for a network beside its reference: half precision loses a few steps more on the way through its layers. */
  networkTolerance8bit: 4,
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
  /** Image limits of `upscale`. */
  maxImageSide: 8_192,
  maxOutputPixels: 16 * 1024 * 1024,
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

/** Streams: live frames. */
export const STREAM = {
  /** Cells of a frame that is looked at from afar (web/stream/verify/likeness.ts): a cell has some hundred pixels, whose coding errors cancel out. */
  thumbnail: { width: 64, height: 36 },
  /** Below it a picture shows something else: between what half a second's motion leaves (0.55) and coding at 300 kb/s (0.85), nearer to the cheat. */
  leastLikeness: 0.5,
  /** Of the way to the volunteer: 640x360 at 20 frames/s and 300 kb/s. With half of it a picture may be mush and honest. */
  tellingBitsPerPixel: 0.065,
  /** Frames under way to a volunteer: before it is measured, and at most. 16 hide a round trip of 250 ms at 60 fps. */
  firstFramesInFlight: 3,
  maxFramesInFlight: 16,
  /** What may wait in the video channel before whole frames are dropped, as time at the stream's bitrate (FIELD, LiveKit). */
  maxQueuedMs: 100,
  /** Bounds of that in bytes: a frame fits where less than this waits, and 100 ms of the largest bitrate must not pile up. */
  minBufferedBytes: 8 * 1024,
  maxBufferedBytes: 256 * 1024,
  /** Decoded frames that may wait for the GPU or an encoder: a decoder stalls at about ten unclosed ones. */
  maxFramesWaiting: 3,
  /** Decoder failures with no good frame between them before the stream is given up: more keyframes would not help. */
  maxDecoderFailures: 3,
  /** Keyframe requests: first wait and its doubling bound (FIELD, Selkies). */
  keyframeRequestMs: 500,
  keyframeRequestMaxMs: 4_000,
  defaultFps: 60,
  /** An encoder reckons with at least this many frames a second, however few come: none may take more than 100 ms of the bitrate. */
  minEncoderFps: 10,
  maxFps: 240,
  defaultScale: 2,
  maxScale: 4,
  defaultBitrateKbps: 6_000,
  minBitrateKbps: 50,
  maxBitrateKbps: 200_000,
  /** The way back carries scale^2 the pixels; sharp pictures of a game need about this factor. */
  downlinkBitrateFactor: 2.5,
  /** A frame the volunteer has not even acknowledged after this is counted as dropped. */
  frameTimeoutMs: 2_000,
  /** One it has acknowledged may take longer: a slow processor at a large picture answers yet, and an old picture is better than none. */
  answerTimeoutMs: 6_000,
  /** How long a picture may stay before it is known how long one usually does, ms: ten frames at 60 fps. */
  gapMs: 160,
  /** Beyond its usual time a picture may be late by its usual scatter, within these; then the gap is filled here. */
  minGapSlackMs: 15,
  maxGapSlackMs: 40,
  /** The local engine fills a gap if it takes no longer than this; else the frame is shown as it came, if the volunteers are silent. */
  fillWithinMs: 40,
  /** A volunteer that has not told of a frame's arrival so long after it should have is silent: others get the frames. */
  suspectAfterMs: 15,
  /** One that stays silent for so long is let go, and may be set up anew. */
  silentForMs: 5_000,
  /** Volunteers set up for one stream: two share the work or stand by, more help only slow ones. */
  maxVolunteers: 4,
  /** Rate of a leg: congested when frames stand in queues for longer than this, all that were sent in so long; calm below that. */
  congestedAfterMs: 60,
  standingQueueMs: 160,
  calmBelowMs: 30,
  /** Where a rate starts that may go higher: what a bad link carries, and one with room is at 15,000 within 1.4 s. */
  firstKbps: 1_000,
  startIncrease: 0.5,
  /** Steps of a rate: this often, down to this part of what the leg carries, up by this part of itself: eightfold within 5 s. */
  rateStepMs: 200,
  rateDecrease: 0.8,
  carriedWindowMs: 500,
  deepestStep: 0.6,
  rateIncrease: 0.09,
  /** A rate is told to an encoder when it differs by this part: each change costs it some frames of settling. */
  rateHysteresis: 0.1,
  /** The fastest way of a frame is looked for in the last one to two of these: clocks drift, routes change. */
  fastestWindowMs: 10_000,
  /** Fewer bits and a game's picture is a smear: at 30 fps 170 kb/s for 640x360, 690 for 1280x720. Below it fewer frames are sent. */
  leastBitsPerPixel: 0.025,
  /** Fewer frames a second are no motion picture: below them the size of what is sent is lowered. */
  leastSentFps: 10,
  /** Back up only where so many times what is needed is there, and has been for so long. A change of size costs a keyframe. */
  betterMargin: 1.3,
  moreFramesAfterMs: 500,
  smallerAfterMs: 1_000,
  largerAfterMs: 3_000,
  /** Frames remembered for their acknowledgement. */
  maxUnacknowledged: 64,
  /** Frames of which it is not yet known whether they are shown: ten seconds at the usual rate, far longer than any is waited for. */
  maxFramesUnknown: 600,
  /** A track that has given no frame is asked for its present one after this, and with doubled waits up to this: a minimised window has none. */
  repeatAfterMs: 250,
  repeatAtMostMs: 4_000,
  /** Window of every percentile in `StreamStats` (p2c2r.d.ts). */
  statsWindowMs: 5_000,
  /** How often a stream tells the page its figures: as often as a person can read them. */
  statsIntervalMs: 250,
  maxSide: 4_096,
  /** Trying every codec in software, each with so many frames: about 45 ms a codec on two cores; a part of a volunteer's 3 s (DESIGN §7). */
  codecProbeMs: 400,
  codecProbeFrames: 10,
  /** Setting up codecs on both ends, a model and the first keyframe. */
  openTimeoutMs: 10_000,
  /** Streams of one gamer a volunteer holds at a time: each has a decoder, an encoder and a pipeline. */
  maxStreamsPerLink: 4,
  /** `auto` changes sides only for a gain of this ratio, so that it does not flap. */
  switchRatio: 0.85,
  /** `auto` takes a better quality from a side whose pictures get older by no more than this, ms: more is felt in the hands... */
  worthOlderMs: 50,
  /** ...and come no rarer than so many times. */
  worthRarer: 1.2,
  /** `auto` tries the side that is not running this often, with so many frames: enough for a median, 2 % of the frames at 60 fps. */
  trialIntervalMs: 5_000,
  trialFrames: 5,
  /** Both codecs on both machines, before it is measured: 720p in software (DESIGN §10). */
  assumedCodecMs: 20,
  /** After the local engine or a volunteer failed at a stream: how long before it is asked again. */
  retryAfterMs: 5_000,
} as const;

/** Which quality a stream's frames are made with, of those up to the chosen one (web/stream/upscale/quality-governor.ts). */
export const GOVERNOR = {
  /** The part of the time between two of the source's frames that one may take to be made: the rest is the codecs' and scatter's. */
  share: 0.85,
  /** The same where the game is drawn by the same GPU, which it must not slow down. */
  localShare: 0.5,
  /** Where fewer frames come than the source gives, one may take this part of the time between them: whoever idles so long holds up nothing. */
  sparseShare: 0.7,
  /** The longest time between two frames that counts, ms: a slow source is no reason for a picture that is late. */
  longestIntervalMs: 100,
  /** Frames whose median is judged, and how many there must be: half of a full window, so that a sudden load is answered after so many. */
  windowFrames: 15,
  judgeFrames: 8,
  /** So many frames in a row that took so many times the budget are no hiccup: at once. */
  farOverFrames: 3,
  farOverRatio: 2,
  /** A step up must be expected to take no more than this part of the budget: between it and the budget nothing changes. */
  stepUpPart: 0.8,
  /** Frames before the next step up: of one that was never tried, since a stream should soon look as it can; of any other. */
  firstClimbFrames: 3,
  climbFrames: 30,
  /** What a quality once took is believed half as much after this: games' loads last for seconds. */
  forgetHalfMs: 10_000,
  /** Qualities and sizes whose time is remembered: five qualities at a few send sizes. */
  maxTimes: 32,
  /** A quality that was given up is not tried for so long; doubled each time that it did not hold for `provenMs`. */
  firstWaitMs: 3_000,
  maxWaitMs: 120_000,
  provenMs: 30_000,
  /** The same for a network that failed: a model that could not be fetched, a device in trouble. */
  firstFailedWaitMs: 15_000,
  maxFailedWaitMs: 300_000,
  /** A network that is not ready after this failed: its model is some hundred kilobytes. */
  readyWithinMs: 30_000,
} as const;

/** The gamer page's built-in game. */
export const GAME = {
  /** What a modest machine draws and a volunteer doubles to 720p. */
  width: 640,
  height: 360,
  /** A craft moves half a metre a step at full speed: finer than anything it can touch. */
  stepMs: 1000 / 120,
  /** Beyond 8 frames a second the game slows down rather than simulate what nobody saw. */
  maxStepsPerFrame: 15,
  /** On a faster screen more frames would only be dropped by the stream. */
  maxFps: 60,
  /** Without a touch for this long the game plays itself again. */
  attractAfterMs: 15_000,
  /** A browser whose GPU process is still starting has no WebGL for its first moments. */
  contextAttempts: 8,
  contextRetryMs: 250,
  /** How long a lost WebGL context may take to come back before the game gives up. */
  contextRestoreMs: 5_000,
  /** Frames that may wait for a slow reader; newer ones are then not captured. */
  maxQueuedFrames: 2,
  /** How often the page hears of score and lap. */
  stateIntervalMs: 200,
} as const;

/** What the built-in game has other machines do. */
export const GAME_WORK = {
  /** The policy learned to decide 20 times a second (training/steering.py). */
  steerEveryS: 0.05,
  /** A decision is followed this long after what it was made of was seen: at 58 m/s a ship is 17 m further, inside what the policy looks ahead. */
  steerHoldS: 0.3,
  /** A drone hovers so long for its way through the city: as one that looks round before it leaves. */
  droneWaitS: 0.6,
  /** Rubble that is about to be hit is computed so long before: an answer from the next house is there by then. */
  debrisLeadS: 0.08,
  /** From one picture of the hangar to the next: a tenth of what a processor takes for it, and a turn in fifty pictures. */
  hangarPauseMs: 40,
  hangarTurnRad: 0.125,
  /** A volunteer that has to fetch the model and the runtime first, over a slow line, takes some seconds. */
  timeoutMs: 10_000,
  /** Past the page's own limit: then the page itself is stuck. */
  giveUpMs: 12_000,
  /** After a question that nobody answered: short enough that a volunteer who just came is noticed at once. */
  restMs: 500,
  /** How often the page tells what runs where: as often as a person can read it. */
  tellMs: 500,
  /** What it tells is of so long: of what is asked all the time, and of what is asked now and then. */
  windowMs: { ships: 2_000, drones: 8_000, debris: 8_000, hangar: 10_000 },
  /** After an answer in time, whoever gave it is told as doing the work for so long, whatever failed since. */
  steadyMs: 1_000,
  /** Tasks remembered of each part: two seconds of the most there can be. */
  maxRemembered: 64,
} as const;
