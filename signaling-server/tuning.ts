/** The coordinator's defaults; its configuration may change each. */
export const COORDINATOR = {
  /** Volunteers one gamer is introduced to: a frame needs few, and each link costs a peer connection. */
  maxIntroductions: 8,
  /** A socket that has not joined by then is not one of our pages. */
  joinTimeoutMs: 10_000,
  /** Packets waiting for a slow socket before it is dropped: twice what a resume may flush at once. */
  maxQueuedPackets: 512,
  /** A socket's round trip before it is measured: between a home network and a server on the same continent. */
  assumedRttMs: 50,
  /** Regions of the lobby, by round trip to the server: two where it doubles, a heartbeat differs from the next by more; farther ones are one. */
  regionsPerOctave: 2,
  farthestRegionMs: 2_000,
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
