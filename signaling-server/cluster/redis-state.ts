import type { Redis } from 'ioredis';

/** How long a leader that is silent stays in office: longer than a busy process pauses, shorter than a page waits. */
export const LEASE_MS = 4_000;
/** The lease until the first heartbeat. Before that a new leader loads its predecessor's state; 20,000 members take some seconds. */
const FIRST_LEASE_MS = 15_000;
/** An instance that is silent for this long has lost its sockets. */
const INSTANCE_TTL_MS = 6_000;
/** Members that no leader has kept alive for this long are gone from Redis. */
const STATE_TTL_MS = 10 * 60_000;
/** Length of the stream that carries events to sockets: some seconds' worth, at a few hundred bytes each. */
export const MAX_STREAM_ENTRIES = 20_000;

/** The cluster's keys in Redis. All expire. */
export const KEYS = {
  /** The leader's token. */
  lead: 'p2c2r:lead',
  /** Hash: member id -> its record as JSON. */
  members: 'p2c2r:members',
  /** Hash: member id -> the events that wait for its socket, as JSON. */
  waiting: 'p2c2r:waiting',
  /** The messages that the leader was about to send when it last saved. */
  outbox: 'p2c2r:outbox',
  /** socket.io's stream of events to sockets. */
  stream: 'p2c2r:stream',
  instance: (id: string) => `p2c2r:instance:${id}`,
} as const;

/** What a leader decided in one turn. */
export interface Changes {
  /** Pairs of id and record. */
  changed: [string, string][];
  /** Pairs of id and the events that wait; empty where none do any longer. */
  waiting: [string, string][];
  removed: string[];
  /** The messages that announce it. */
  outbox: string;
}

/** Only the holder of the lease may write: a leader that was paused and replaced must not undo its successor's work. */
const REQUIRE_LEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end`;

/**
 * Once a script has written anything, Redis lets it go on where memory is full. The cluster bounds what it writes itself (see
 * StreamBudget, WAITING_LIMITS), and must not be without a leader because something else fills Redis.
 */
const DESPITE_FULL_MEMORY = `redis.call('PERSIST', 'p2c2r:none')`;

const KEEP = `${REQUIRE_LEASE}
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[4], ARGV[3])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'beat', ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return 1`;

const SAVE = `${REQUIRE_LEASE}
${DESPITE_FULL_MEMORY}
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
local from = 6
local function eachPair(count, apply)
  for i = from, from + 2 * count - 1, 2 do apply(ARGV[i], ARGV[i + 1]) end
  from = from + 2 * count
end
eachPair(tonumber(ARGV[4]), function(id, record) redis.call('HSET', KEYS[2], id, record) end)
eachPair(tonumber(ARGV[5]), function(id, events)
  if events == '' then redis.call('HDEL', KEYS[4], id) else redis.call('HSET', KEYS[4], id, events) end
end)
for i = from, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[4], ARGV[3])
return 1`;

const TAKE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
${DESPITE_FULL_MEMORY}
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

const KEEP_INSTANCE = `
if redis.call('PEXPIRE', KEYS[1], ARGV[1]) == 1 then return 1 end
redis.call('SET', KEYS[1], 'alive', 'PX', ARGV[1])
return 0`;

const RELEASE = `${REQUIRE_LEASE}
return redis.call('DEL', KEYS[1])`;

/** @returns whether this token now holds the lease */
export async function takeLease(redis: Redis, token: string): Promise<boolean> {
  return (await redis.eval(TAKE, 1, KEYS.lead, token, FIRST_LEASE_MS)) === 1;
}

/**
 * Extends the lease and the life of the state that it protects. Also adds an empty entry to the stream: a reader that starts needs
 * an entry to read from, or it would miss events that arrive between two of its reads.
 * @returns false when another instance holds the lease
 */
export async function keepLease(redis: Redis, token: string): Promise<boolean> {
  const keys = [KEYS.lead, KEYS.members, KEYS.stream, KEYS.waiting];
  return (await redis.eval(KEEP, keys.length, ...keys, token, LEASE_MS, STATE_TTL_MS, MAX_STREAM_ENTRIES)) === 1;
}

/**
 * Saves members and, in the same step, the messages that are about to be sent because of their changes.
 * @returns false when another instance holds the lease; then nothing was saved
 */
export async function save(
  redis: Redis,
  token: string,
  { changed, removed, waiting, outbox }: Changes,
): Promise<boolean> {
  const keys = [KEYS.lead, KEYS.members, KEYS.outbox, KEYS.waiting];
  const counts = [changed.length, waiting.length];
  const values = [token, outbox, STATE_TTL_MS, ...counts, ...changed.flat(), ...waiting.flat(), ...removed];
  return (await redis.eval(SAVE, keys.length, ...keys, ...values)) === 1;
}

export async function releaseLease(redis: Redis, token: string): Promise<void> {
  await redis.eval(RELEASE, 1, KEYS.lead, token);
}

/**
 * Registers an instance as alive.
 * @returns false when it was not registered: it is new, was silent for too long, or Redis has lost its memory
 */
export async function keepInstanceAlive(redis: Redis, instance: string): Promise<boolean> {
  return (await redis.eval(KEEP_INSTANCE, 1, KEYS.instance(instance), INSTANCE_TTL_MS)) === 1;
}

/** @returns those of the instances that are alive */
export async function aliveOf(redis: Redis, instances: readonly string[]): Promise<Set<string>> {
  const ids = [...new Set(instances)];
  if (ids.length === 0) return new Set();
  const answers = await redis.mget(ids.map(KEYS.instance));
  return new Set(ids.filter((_, index) => answers[index] !== null));
}
