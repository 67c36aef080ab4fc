import type { Redis } from 'ioredis';
import { MeshError } from '../../shared/errors.ts';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import type { Accused } from '../lobby/suitability.ts';
import { COORDINATOR, STORE } from '../tuning.ts';
import { roomDigest } from './entry.ts';
import type { CountedInvite, Report, Reputation, Store } from './store.ts';

/** Keys: reputation, partners, when each partner was last heard of. Values: completed, failed, volunteer, rtt, bound, two lives. */
const RECORD = `
redis.call('HINCRBY', KEYS[1], 'completed', ARGV[1])
redis.call('HINCRBY', KEYS[1], 'failed', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[6])
local now = redis.call('TIME')
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('ZADD', KEYS[3], now[1] * 1e6 + now[2], ARGV[3])
while redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[5]) do
  redis.call('HDEL', KEYS[2], redis.call('ZPOPMIN', KEYS[3])[1])
end
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('EXPIRE', KEYS[3], ARGV[7])`;

/** Keys: who accuses whom in a room, when each was last accused. Values: volunteer, gamer, both bounds, life. */
const ACCUSE = `
local gamers = cjson.decode(redis.call('HGET', KEYS[1], ARGV[1]) or '[]')
local known = #gamers >= tonumber(ARGV[3])
for _, gamer in ipairs(gamers) do known = known or gamer == ARGV[2] end
if not known then table.insert(gamers, ARGV[2]) end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(gamers))
local now = redis.call('TIME')
redis.call('ZADD', KEYS[2], now[1] * 1e6 + now[2], ARGV[1])
while redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[4]) do
  redis.call('HDEL', KEYS[1], redis.call('ZPOPMIN', KEYS[2])[1])
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])`;

/** Keys: sessions that used an invite, when each invite ends. Values: invite, session, uses, now, end, bound. */
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

const gamersSchema = z.array(z.string());

/** Remembers in Redis, for all instances. Everything there ends by itself. */
export class RedisStore implements Store {
  constructor(
    private readonly redis: Redis,
    private readonly clock: Pick<ServerClock, 'epochMs'>,
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
    const { maxPartnersPerGamer } = COORDINATOR;
    const partners = `p2c2r:partners:${gamerId}`;
    const keys = [`p2c2r:reputation:${historyId}`, partners, `${partners}:seen`];
    const { reputationTtlS, roomTtlS } = STORE;
    const values = [completed, failed, historyId, rttMs, maxPartnersPerGamer, reputationTtlS, roomTtlS];
    await this.redis.eval(RECORD, keys.length, ...keys, ...values);
  }

  async accused(roomKey: string): Promise<Accused> {
    const accused = await this.redis.hgetall(accusedKey(roomKey));
    return new Map(
      Object.entries(accused).map(([id, gamers]) => [id, new Set(gamersSchema.parse(JSON.parse(gamers)))]),
    );
  }

  async accuse(roomKey: string, gamerId: string, historyId: string): Promise<void> {
    const { maxAccusers, maxAccusedPerRoom } = COORDINATOR;
    const keys = [accusedKey(roomKey), `${accusedKey(roomKey)}:seen`];
    const values = [historyId, gamerId, maxAccusers, maxAccusedPerRoom, STORE.roomTtlS];
    await this.redis.eval(ACCUSE, keys.length, ...keys, ...values);
  }

  async useInvite({ id, maxUses, expiresAtMs }: CountedInvite, sessionId: string): Promise<boolean> {
    const keys = [`p2c2r:invite:${id}`, 'p2c2r:invites'];
    const values = [id, sessionId, maxUses, this.clock.epochMs(), expiresAtMs, COORDINATOR.maxCountedInvites];
    const answer = await this.redis.eval(USE, keys.length, ...keys, ...values);
    if (answer === -1)
      throw new MeshError('rate-limited', 'Too many invites are in use on this server. Try again later.');
    return answer === 1;
  }

  /** The connection is the cluster's. */
  async close(): Promise<void> {}
}

const accusedKey = (roomKey: string) => `p2c2r:accused:${roomDigest(roomKey)}`;
