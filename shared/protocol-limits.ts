/** What both ends of a connection must agree on: sizes, counts and times that one side holds the other to. */

/** Signaling: the browser's socket to the coordinator. */
export const SIGNALING = {
  /** How long the coordinator keeps a session whose socket is lost: covers a reload of a router, not a closed tab for long. */
  resumeGraceMs: 30_000,
  /** Signals kept for a member whose socket is away: one offer or answer and its candidates are about twenty. */
  maxBufferedSignals: 64,
  /** An SDP with four data channels is under 2 KB; ICE servers with many interfaces stay under 16 KB. */
  maxSdpChars: 16_384,
  maxCandidateChars: 1_024,
  /** Largest socket.io message in either direction: an SDP with room to spare. */
  maxMessageBytes: 64 * 1024,
  /** Introductions that come with the answer to a join: MAX_INTRODUCTIONS and a volunteer's `maxGamers` end at 64. */
  maxFirstIntroductions: 64,
  maxNameChars: 64,
  maxRoomChars: 128,
  maxInviteChars: 2_048,
  /** Why a volunteer is reported: a sentence, for the server's log. */
  maxAccusationChars: 200,
  /** Members of one room: a party of friends and their machines, with room to spare. */
  roomCapacity: 128,
} as const;

/** Transfers: one message on a channel, whatever number of chunks it takes. */
export const TRANSFER = {
  /** hello, capabilities and stream setup are a few hundred bytes. */
  maxControlBytes: 64 * 1024,
  /** An 8-bit RGBA picture of 16 megapixels, the largest result of an `upscale`, with its envelope. */
  maxTransferBytes: 64 * 1024 * 1024 + 64 * 1024,
  /** Unfinished transfers per channel and their bytes: what a hostile peer can make us hold. */
  maxPartialTransfers: 64,
  maxPartialBytes: 160 * 1024 * 1024,
  /** Messages in one envelope; a batch is split beyond it. */
  maxMessagesPerEnvelope: 256,
  maxEnvelopeBytes: 1024 * 1024,
  maxAttachments: 1_024,
} as const;

/** What one volunteer may be told to hold and whom it may serve. */
export const TASK_LIMITS = {
  /** Tasks a volunteer holds for all its gamers. */
  maxHeld: 256,
  maxGamersLimit: 64,
} as const;

/** The bounds of a stream, and what pages and workers take where nothing is said. */
export const STREAM_LIMITS = {
  defaultFps: 60,
  maxFps: 240,
  defaultScale: 2,
  minBitrateKbps: 50,
  maxBitrateKbps: 200_000,
  /** Window of every percentile in `StreamStats` (p2c2r.d.ts). */
  statsWindowMs: 5_000,
  maxSide: 4_096,
} as const;
