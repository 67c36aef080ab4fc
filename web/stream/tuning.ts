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
  /** An encoder reckons with at least this many frames a second, however few come: none may take more than 100 ms of the bitrate. */
  minEncoderFps: 10,
  /** A frame the volunteer has not even acknowledged after this is counted as dropped. */
  frameTimeoutMs: 2_000,
  /** One it has acknowledged may take longer: a slow processor at a large picture answers yet, and an old picture is better than none. */
  answerTimeoutMs: 6_000,
  /** A volunteer that has not told of a frame's arrival so long after it should have is silent: others get the frames. */
  suspectAfterMs: 15,
  /** One that stays silent for so long is let go, and may be set up anew. */
  silentForMs: 5_000,
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
  /** Trying every codec in software, each with so many frames: about 45 ms a codec on two cores; a part of a volunteer's 3 s (DESIGN §7). */
  codecProbeMs: 400,
  codecProbeFrames: 10,
  /** Streams of one gamer a volunteer holds at a time: each has a decoder, an encoder and a pipeline. */
  maxStreamsPerLink: 4,
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
