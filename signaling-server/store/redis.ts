import type { Redis } from 'ioredis';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import {
  type Accused,
  type CountedInvite,
  type Report,
  type Reputation,
  roomDigest,
  STORE_LIMITS,
  type Store,
  tooManyBans,
  tooManyInvites,
} from './store.ts';

/** A volunteer's reputation outlasts a season without it. */
export const REPUTATION_TTL_S = 90 * 24 * 3_600;
/** A room's accusations and a gamer's partners. */
const ROOM_TTL_S = 30 * 24 * 3_600;

/**
 * Forgets the least recently used of a kind of key, with what belongs to it. Redis itself must evict nothing: it would begin with what
 * ends soonest, which are the leader's lease, limits and bans.
 */
const BOUND = `
local now = redis.call('TIME')
local function keep(index, key, most, ttl)
  redis.call('ZADD', index, now[1] * 1e6 + now[2], key)
  while redis.call('ZCARD', index) > tonumber(most) do
    local oldest = redis.call('ZPOPMIN', index)[1]
    redis.call('DEL', oldest, oldest .. ':seen')
  end
  redis.call('EXPIRE', index, ttl)
end`;

/**
 * Keys: reputation, partners, when each partner was last seen, index of reputations, index of gamers. Arguments: completed, failed,
 * volunteer, rtt, bound, two TTLs, bounds of both indexes.
 */
const RECORD = `${BOUND}
redis.call('HINCRBY', KEYS[1], 'completed', ARGV[1])
redis.call('HINCRBY', KEYS[1], 'failed', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('ZADD', KEYS[3], now[1] * 1e6 + now[2], ARGV[3])
while redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[5]) do
  redis.call('HDEL', KEYS[2], redis.call('ZPOPMIN', KEYS[3])[1])
end
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('EXPIRE', KEYS[3], ARGV[7])
keep(KEYS[4], KEYS[1], ARGV[8], ARGV[6])
keep(KEYS[5], KEYS[2], ARGV[9], ARGV[7])`;

/**
 * Keys: accusers of each volunteer of a room, when each was last accused, index of rooms. Arguments: volunteer, gamer, both bounds, TTL,
 * bound of the index.
 */
const ACCUSE = `${BOUND}
local gamers = cjson.decode(redis.call('HGET', KEYS[1], ARGV[1]) or '[]')
local known = #gamers >= tonumber(ARGV[3])
for _, gamer in ipairs(gamers) do known = known or gamer == ARGV[2] end
if not known then table.insert(gamers, ARGV[2]) end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(gamers))
redis.call('ZADD', KEYS[2], now[1] * 1e6 + now[2], ARGV[1])
while redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[4]) do
  redis.call('HDEL', KEYS[1], redis.call('ZPOPMIN', KEYS[2])[1])
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
keep(KEYS[3], KEYS[1], ARGV[6], ARGV[5])`;

/** Keys: sessions that used an invite, expiry of each invite. Arguments: invite, session, uses, now, expiry, bound. */
const USE = `
if redis.call('SISMEMBER', KEYS[1], ARGV[2]) == 1 then return 1 end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) and redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[6]) then return -1 end
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
redis.call('SADD', KEYS[1], ARGV[2])
local left = math.max(1, ARGV[5] - ARGV[4])
redis.call('PEXPIRE', KEYS[1], left)
if redis.call('PTTL', KEYS[2]) < left then redis.call('PEXPIRE', KEYS[2], left) end
return 1`;

/** Key: expiry of each ban. Arguments: what is banned, now, expiry, bound. */
const BAN = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], math.max(ARGV[3], redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0), ARGV[1])
local left = math.max(1, ARGV[3] - ARGV[2])
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], left) end
return 1`;

const BANS = 'p2c2r:bans';

const gamersSchema = z.array(z.string());

/** Remembers in Redis, for all instances. Every key expires. */
export class RedisStore implements Store {
  constructor(
    private readonly redis: Redis,
    private readonly clock: Pick<ServerClock, 'epochMs'>,
    private readonly limits: { readonly [Name in keyof typeof STORE_LIMITS]: number } = STORE_LIMITS,
  ) {}

  async reputation(historyId: string): Promise<Reputation> {
    const [completed, failed] = await this.redis.hmget(`p2c2r:reputation:${historyId}`, 'completed', 'failed');
    return { completed: Number(completed ?? 0), failed: Number(failed ?? 0) };
  }

  async partners(gamerId: string): Promise<ReadonlyMap<string, number>> {
    const partners = await this.redis.hgetall(`p2c2r:partners:${gamerId}`);
    return new Map(Object.entries(partners).map(([id, rttMs]) => [id, Number(rttMs)]));
  }

  async record(gamerId: string, historyId: string, { completed, failed, rttMs }: Report): Promise<void> {
    const partners = `p2c2r:partners:${gamerId}`;
    const keys = [`p2c2r:reputation:${historyId}`, partners, `${partners}:seen`, 'p2c2r:reputations', 'p2c2r:gamers'];
    const { maxPartnersPerGamer, maxReputations, maxGamers } = this.limits;
    const bounds = [maxPartnersPerGamer, REPUTATION_TTL_S, ROOM_TTL_S, maxReputations, maxGamers];
    await this.redis.eval(RECORD, keys.length, ...keys, completed, failed, historyId, rttMs, ...bounds);
  }

  async accused(roomKey: string): Promise<Accused> {
    const accused = await this.redis.hgetall(accusedKey(roomKey));
    return new Map(
      Object.entries(accused).map(([id, gamers]) => [id, new Set(gamersSchema.parse(JSON.parse(gamers)))]),
    );
  }

  async accuse(roomKey: string, gamerId: string, historyId: string): Promise<void> {
    const { maxAccusers, maxAccusedPerRoom, maxRoomsWithAccused } = this.limits;
    const keys = [accusedKey(roomKey), `${accusedKey(roomKey)}:seen`, 'p2c2r:rooms accused'];
    const values = [historyId, gamerId, maxAccusers, maxAccusedPerRoom, ROOM_TTL_S, maxRoomsWithAccused];
    await this.redis.eval(ACCUSE, keys.length, ...keys, ...values);
  }

  async useInvite({ id, maxUses, expiresAtMs }: CountedInvite, sessionId: string): Promise<boolean> {
    const keys = [`p2c2r:invite:${id}`, 'p2c2r:invites'];
    const values = [id, sessionId, maxUses, this.clock.epochMs(), expiresAtMs, this.limits.maxCountedInvites];
    const answer = await this.redis.eval(USE, keys.length, ...keys, ...values);
    if (answer === -1) throw tooManyInvites();
    return answer === 1;
  }

  async ban(id: string, expiresAtMs: number): Promise<void> {
    const values = [id, this.clock.epochMs(), expiresAtMs, this.limits.maxBans];
    if ((await this.redis.eval(BAN, 1, BANS, ...values)) === 0) throw tooManyBans();
  }

  async isBanned(id: string): Promise<boolean> {
    return Number((await this.redis.zscore(BANS, id)) ?? 0) > this.clock.epochMs();
  }

  /** The connection belongs to the cluster, which closes it. */
  async close(): Promise<void> {}
}

const accusedKey = (roomKey: string) => `p2c2r:accused:${roomDigest(roomKey)}`;
