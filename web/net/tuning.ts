/** The browser's socket to the coordinator. */
export const SIGNALING_CLIENT = {
  /** A first answer from a server on another continent takes well under a second; past this a person should be told. */
  connectTimeoutMs: 10_000,
  /** A page that is closing waits this long for the server to hear it. */
  leaveTimeoutMs: 1_000,
  /** Reconnect attempts start fast, since most losses are a server restart, and stay below a person's patience. */
  reconnectDelayMs: 250,
  reconnectDelayMaxMs: 5_000,
  /** socket.io's jitter factor: spreads a thousand pages that lost the same server. */
  reconnectJitter: 0.5,
  /** How often a volunteer looks whether to tell the coordinator its load: ranking needs seconds, not frames. */
  statusIntervalMs: 2_000,
  /** A load, 0..1, that differs by less is not told: it moves a score by a hundredth or two. */
  statusStep: 0.05,
  /** One that stays as it is is told so often: with every heartbeat (25 s) the server knows better how far away a volunteer is. */
  statusRepeatMs: 30_000,
  /** TURN credentials are asked for anew after this part of the time they hold: a quarter is left for a server that is away. */
  renewIceAfter: 0.75,
  /** How long after a refusal they are asked for again; a lost socket brings new ones with its next join. */
  renewIceRetryMs: 30_000,
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
  /** How often a send queue is looked at that does not tell when it is low: 1 MiB every 5 ms is more than most networks carry. */
  lowWaterPollMs: 5,
} as const;

/** What waits to be sent on a channel. */
export const SEND_QUEUE = {
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
