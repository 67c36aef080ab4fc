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
  /** Results kept for `getResult` after a task ended (p2c2r.d.ts). */
  resultKeptMs: 60_000,
  maxKeptResults: 1_024,
  /** Of pixels and the like in kept results: four of the largest pictures. */
  maxKeptBytes: 256 * 1024 * 1024,
  /** Weight of the newest sample in the learned service times: follows a machine that became busy within some five tasks. */
  estimateSmoothing: 0.2,
  /** What was learned weighs a third after this long without a sample: machines change what else they do within seconds. */
  forgetAfterMs: 5_000,
  /** Costs must differ by this ratio before they tell a fixed part from one by cost. */
  minCostSpread: 0.1,
  /** The least part of its tasks that a machine does one after another: it overlaps a few (MAX_TASKS_IN_FLIGHT), not many. */
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
