/** The coordinator's defaults; its configuration may change each. */
export const COORDINATOR = {
  /** Volunteers one gamer is introduced to: a frame needs few, and each link costs a peer connection. */
  maxIntroductions: 8,
  /** How long a graceful stop waits for requests under way. */
  drainMs: 3_000,
  /** Sessions of one instance, those in their resume grace included: about 20 kB each, so a small machine holds them. */
  maxSessions: 20_000,
  /** TURN credentials outlast a long evening even of a page that cannot ask for new ones, and one who copies them has a day. */
  turnTtlS: 24 * 3_600,
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

/** How the coordinator watches itself. */
export const OPERATION = {
  /** How often the loop's lateness is looked at: as fine as a lateness that people notice. */
  loopLagResolutionMs: 10,
  /** Figures are of the last window of this length: shorter than a scrape of Prometheus, so that none is missed for long. */
  loopLagWindowMs: 10_000,
} as const;
