/**
 * Limits that both ends of a connection must agree on: one end refuses what exceeds them, so the other end must not send it. A limit
 * that only one end knows stands beside the code that reads it.
 */

/** The socket between a browser and the coordinator. */
export const SIGNALING = {
  /** How long a client whose socket was lost can resume its session: covers the restart of a router, but not a tab closed for long. */
  resumeGraceMs: 30_000,
  /** Signals that either side keeps for a member whose socket is away: one offer or answer with its candidates is about twenty. */
  maxBufferedSignals: 64,
  /** An SDP with four data channels is under 2 KB; with the candidates of many network interfaces it stays under 16 KB. */
  maxSdpChars: 16_384,
  /** Most are 1 KB. A longer one is sent over the connection. */
  maxHelloChars: 8_192,
  /** One ICE candidate line is under 300 characters. */
  maxCandidateChars: 1_024,
  /** Largest socket.io message in either direction: an SDP with ample room to spare. */
  maxMessageBytes: 64 * 1024,
  /** Introductions in the answer to a join: the upper bound of MAX_INTRODUCTIONS and of a volunteer's `maxGamers`. */
  maxFirstIntroductions: 64,
  /** A name is shown in one line of a list. */
  maxNameChars: 64,
  /** A room is typed or is part of a link; generated ones have 22 characters. */
  maxRoomChars: 128,
  /** A signed token with its room and its terms is a few hundred characters. */
  maxInviteChars: 2_048,
  /** A room's owner finds its way back with an invite of this length; a link that strangers may find should live for less. */
  maxInviteS: 7 * 24 * 3_600,
  /** More sessions than eight full rooms: who means more means any number. */
  maxInviteUses: 1_000,
  /** Members of one room: a party of friends and their machines, with room to spare. */
  roomCapacity: 128,
} as const;

/**
 * What is left of a name once it can only be read: no control characters, invisible ones or marks that turn the text around it (Unicode categories C, Zl
 * and Zp). People choose their names, and pages show them to others.
 */
export const readableName = (name: string) => name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();

/** Transfers: a transfer is one message, or a batch of small ones, on a data channel, in any number of chunks. */
export const TRANSFER = {
  /** Messages on `control`: hello, capabilities and stream setup are a few hundred bytes. */
  maxControlBytes: 64 * 1024,
  /** An 8-bit RGBA picture of 16 Mi pixels, the largest that is computed in one piece, with its envelope. */
  maxTransferBytes: 64 * 1024 * 1024 + 64 * 1024,
  /** Unfinished transfers on a channel: the most memory that a hostile peer can make the other side hold. */
  maxPartialTransfers: 64,
  maxPartialBytes: 160 * 1024 * 1024,
  /** Messages in one envelope; a larger batch is sent in several. */
  maxMessagesPerEnvelope: 256,
  /** The envelope holds only small params; bulk data travels as attachments. */
  maxEnvelopeBytes: 1024 * 1024,
  /** Attachments of one message: a model has at most a few dozen inputs, with ample room to spare. */
  maxAttachments: 1_024,
} as const;

/** Tasks of one volunteer. */
export const TASK_LIMITS = {
  /** Tasks that a volunteer holds for all its gamers, and so the largest credit it may grant. */
  maxHeld: 256,
  /** Upper bound of a volunteer's `maxGamers`: each gamer costs a WebRTC connection. */
  maxGamersLimit: 64,
} as const;

/** Streams. The defaults are shared by the pages, the SDK and the stream worker. */
export const STREAM_LIMITS = {
  /** Frame rate unless set otherwise: that of most displays. */
  defaultFps: 60,
  /** The fastest common displays. */
  maxFps: 240,
  /** Enlargement on each axis unless set otherwise: that of the networks. */
  defaultScale: 2,
  /** Below this, video of any size is unusable. */
  minBitrateKbps: 50,
  /** More than a home connection carries; it only keeps the numbers sane. */
  maxBitrateKbps: 200_000,
  /** Window of every rate and percentile in the statistics of a stream, as shown by the pages. */
  statsWindowMs: 5_000,
  /** Longest side of a frame, pixels: the limit of common hardware encoders for H.264. */
  maxSide: 4_096,
} as const;
