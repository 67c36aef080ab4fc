/** Names in Redis. All expire; see CLUSTER and STORE. */
export const KEYS = {
  /** Who decides: a token of its term. */
  lead: 'p2c2r:lead',
  /** Hash: id of a member -> its record, JSON. */
  members: 'p2c2r:members',
  /** What the one who decides was about to send when it last saved. */
  outbox: 'p2c2r:outbox',
  /** socket.io's stream: what sockets are told. */
  stream: 'p2c2r:stream',
  instance: (id: string) => `p2c2r:instance:${id}`,
} as const;

/** Channels. */
export const CHANNELS = {
  /** To the one who decides. */
  asks: 'p2c2r:asks',
  /** To all: {@link LEADERSHIP_EVENTS}. */
  news: 'p2c2r:news',
  repliesTo: (instance: string) => `p2c2r:to:${instance}`,
} as const;

/** Somebody decides from now on; nobody does. */
export const LEADERSHIP_EVENTS = { led: 'led', vacant: 'vacant' } as const;
