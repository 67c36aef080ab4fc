/** Invites, where the caller says nothing else. */
export const INVITE = {
  /** A link sent to a friend works until the same time tomorrow. */
  expiresInS: 24 * 3_600,
  /** A page that is reloaded keeps its link while this part of its time is left; else friends would be sent one about to end. */
  keepWhileLeft: 0.5,
  /** An owner finds back into its room for as long as a member does with its pass. */
  wayBackS: 7 * 24 * 3_600,
} as const;

/** The gamer's side of the SDK. */
export const CLIENT = {
  /** `whenReady` without a timeout of its own. */
  whenReadyTimeoutMs: 30_000,
} as const;

/** A volunteer's machine. */
export const VOLUNTEER = {
  /** Gamers it serves at a time unless told otherwise, and at most (the status schema's bound). */
  maxGamers: 4,
  /** How often its page learns what the worker did: twice a second looks live. */
  statsIntervalMs: 500,
  /** Its load is the busy share of this long: steady enough to rank by, fresh enough to notice a game that started. */
  loadWindowMs: 3_000,
} as const;
