/** Streams: live frames. */
export const STREAM = {
  /** The way back carries scale^2 the pixels; sharp pictures of a game need about this factor. */
  downlinkBitrateFactor: 2.5,
  /** How long a picture may stay before it is known how long one usually does, ms: ten frames at 60 fps. */
  gapMs: 160,
  /** Beyond its usual time a picture may be late by its usual scatter, within these; then the gap is filled here. */
  minGapSlackMs: 15,
  maxGapSlackMs: 40,
  /** The local engine fills a gap if it takes no longer than this; else the frame is shown as it came, if the volunteers are silent. */
  fillWithinMs: 40,
  /** Volunteers set up for one stream: two share the work or stand by, more help only slow ones. */
  maxVolunteers: 4,
  /** Frames of which it is not yet known whether they are shown: ten seconds at the usual rate, far longer than any is waited for. */
  maxFramesUnknown: 600,
  /** A track that has given no frame is asked for its present one after this, and with doubled waits up to this: a minimised window has none. */
  repeatAfterMs: 250,
  repeatAtMostMs: 4_000,
  /** How often a stream tells the page its figures: as often as a person can read them. */
  statsIntervalMs: 250,
  /** Setting up codecs on both ends, a model and the first keyframe. */
  openTimeoutMs: 10_000,
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
