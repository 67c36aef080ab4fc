import type { Redis } from 'ioredis';
import { CLUSTER } from '../tuning.ts';
import { KEYS } from './keys.ts';

/** Only who holds the lease may write: one that was paused and replaced meanwhile must not undo its successor's work. */
const IS_MINE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end`;

const KEEP = `${IS_MINE}
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'beat', ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return 1`;

const SAVE = `${IS_MINE}
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
local set = tonumber(ARGV[4])
for i = 5, 3 + 2 * set, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
for i = 5 + 2 * set, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1`;

const RELEASE = `${IS_MINE}
return redis.call('DEL', KEYS[1])`;

export async function takeLease(redis: Redis, token: string): Promise<boolean> {
  return (await redis.set(KEYS.lead, token, 'PX', CLUSTER.firstLeaseMs, 'NX')) === 'OK';
}

/**
 * Prolongs the lease, and with it the life of what it is about. The empty entry in the stream gives readers that start a place to
 * read from: before the first entry they would miss what comes between two looks.
 * @returns false when somebody else has it.
 */
export async function keepLease(redis: Redis, token: string): Promise<boolean> {
  const { leaseMs, stateTtlMs, maxStreamEntries } = CLUSTER;
  const keys = [KEYS.lead, KEYS.members, KEYS.stream];
  return (await redis.eval(KEEP, keys.length, ...keys, token, leaseMs, stateTtlMs, maxStreamEntries)) === 1;
}

/**
 * Saves members and, in the same step, what is about to be sent because of them.
 * @param changed pairs of id and record
 * @returns false when somebody else has the lease; nothing was saved then.
 */
export async function save(
  redis: Redis,
  token: string,
  { changed, removed, outbox }: { changed: [string, string][]; removed: string[]; outbox: string },
): Promise<boolean> {
  const keys = [KEYS.lead, KEYS.members, KEYS.outbox];
  const values = [token, outbox, CLUSTER.stateTtlMs, changed.length, ...changed.flat(), ...removed];
  return (await redis.eval(SAVE, keys.length, ...keys, ...values)) === 1;
}

export async function releaseLease(redis: Redis, token: string): Promise<void> {
  await redis.eval(RELEASE, 1, KEYS.lead, token);
}
