import type { Redis } from 'ioredis';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import {
  type Accused,
  type CountedInvite,
  ENDED_CODE_KEPT_MS,
  type KeptCode,
  MAX_TASKS_PER_NETWORK,
  type Quota,
  type Report,
  type Reporter,
  type Reputation,
  roomDigest,
  STORE_LIMITS,
  type Store,
  tooManyBans,
  tooManyCodes,
  tooManyUses,
  weigh,
} from './store.ts';

/** A volunteer that was away for a season still has its reputation. */
export const REPUTATION_TTL_S = 90 * 24 * 3_600;
/** A room's accusations and a gamer's partners. */
const ROOM_TTL_S = 30 * 24 * 3_600;

/** Makes a key live at least as long as its newest entry. */
const OUTLIVE = `
local function outlive(key, leftMs)
  if redis.call('PTTL', key) < leftMs then redis.call('PEXPIRE', key, leftMs) end
end`;

/**
 * Sets a field of a hash. A hash keeps the `most` fields that were set last. `index` lists all such hashes, of which the `mostKeys` that were
 * used last are kept. Redis itself must not evict anything: it would begin with the keys that expire first, which are the leader's lease,
 * limits and bans.
 */
const REMEMBER = `
local now = redis.call('TIME')
local nowUs = now[1] * 1e6 + now[2]
local function remember(values, seen, index, field, value, most, mostKeys, ttl)
  redis.call('HSET', values, field, value)
  redis.call('ZADD', seen, nowUs, field)
  while redis.call('ZCARD', seen) > tonumber(most) do
    redis.call('HDEL', values, redis.call('ZPOPMIN', seen)[1])
  end
  redis.call('ZADD', index, nowUs, values)
  while redis.call('ZCARD', index) > tonumber(mostKeys) do
    local oldest = redis.call('ZPOPMIN', index)[1]
    redis.call('DEL', oldest, oldest .. ':seen')
  end
  for _, key in ipairs({ values, seen, index }) do redis.call('EXPIRE', key, ttl) end
end`;

/**
 * Keys: what each network reported, when it last did, index of volunteers; partners, when each was last seen, index of gamers.
 * Arguments: completed, failed, volunteer, rtt, network, tasks remembered of a network; bounds of networks and volunteers, TTL; bounds
 * of partners and gamers, TTL. The sums are those of `addReport`.
 */
const RECORD = `${REMEMBER}
local past = redis.call('HGET', KEYS[1], ARGV[5]) or '0 0'
local completed, failed = string.match(past, '(%d+) (%d+)')
completed, failed = completed + ARGV[1], failed + ARGV[2]
local factor = math.min(1, ARGV[6] / (completed + failed))
local kept = string.format('%d %d', math.floor(completed * factor + 0.5), math.floor(failed * factor + 0.5))
remember(KEYS[1], KEYS[2], KEYS[3], ARGV[5], kept, ARGV[7], ARGV[8], ARGV[9])
remember(KEYS[4], KEYS[5], KEYS[6], ARGV[3], ARGV[4], ARGV[10], ARGV[11], ARGV[12])`;

/**
 * Keys: accusers of each volunteer of a room, when each was last accused, index of rooms. Arguments: volunteer, gamer, bounds of
 * accusers, accused and rooms, TTL.
 */
const ACCUSE = `${REMEMBER}
local gamers = cjson.decode(redis.call('HGET', KEYS[1], ARGV[1]) or '[]')
local known = #gamers >= tonumber(ARGV[3])
for _, gamer in ipairs(gamers) do known = known or gamer == ARGV[2] end
if not known then table.insert(gamers, ARGV[2]) end
remember(KEYS[1], KEYS[2], KEYS[3], ARGV[1], cjson.encode(gamers), ARGV[4], ARGV[5], ARGV[6])`;

/**
 * Keys: sessions that used an invite; the uses of a room, of a network, and all, with their expiry. Arguments: invite, session, uses,
 * now, expiry, a bound for each of the last three keys. Returns 1, 0 when it is used up, or minus the number of the key that is full.
 */
const USE = `${OUTLIVE}
if redis.call('SISMEMBER', KEYS[1], ARGV[2]) == 1 then return 1 end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
for i = 2, 4 do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', ARGV[4])
  if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[4 + i]) then return -i end
end
local leftMs = math.max(1, ARGV[5] - ARGV[4])
redis.call('SADD', KEYS[1], ARGV[2])
outlive(KEYS[1], leftMs)
for i = 2, 4 do
  redis.call('ZADD', KEYS[i], ARGV[5], ARGV[1] .. ' ' .. ARGV[2])
  outlive(KEYS[i], leftMs)
end
return 1`;

/**
 * Tables of entries with an end. Keys from the second on: the entries of a room, of a network, and all, each with their expiry. The first key is a hash
 * with what belongs to the entry, among it which room and network it counts for, so that it can be dropped by a request from another network.
 * `makeSpace` drops one entry at each limit that is reached, the first that `candidates` names, but none at all unless the new one then fits:
 * whoever is refused must not have harmed anybody.
 */
const TABLE = `${OUTLIVE}
local function forget(prefix, id)
  local owners = redis.call('HMGET', prefix .. id, 'room', 'network')
  for i = 1, 2 do if owners[i] then redis.call('ZREM', owners[i], id) end end
  -- Bans of older versions have no hash.
  for i = 2, 4 do redis.call('ZREM', KEYS[i], id) end
  redis.call('DEL', prefix .. id)
end
local function makeSpace(prefix, id, bounds, candidates)
  local dropped = {}
  if redis.call('ZSCORE', KEYS[4], id) then dropped[id] = true end
  for i = 2, 4 do
    local count = redis.call('ZCARD', KEYS[i])
    for other in pairs(dropped) do if redis.call('ZSCORE', KEYS[i], other) then count = count - 1 end end
    if count >= tonumber(bounds[i - 1]) then
      local found
      for _, other in ipairs(candidates(i)) do if not found and not dropped[other] then found = other end end
      if not found then return i end
      dropped[found] = true
    end
  end
  for other in pairs(dropped) do forget(prefix, other) end
  return nil
end
local function put(id, now, expiry)
  local leftMs = math.max(1, expiry - now)
  redis.call('HSET', KEYS[1], 'room', KEYS[2], 'network', KEYS[3])
  outlive(KEYS[1], leftMs)
  for i = 2, 4 do
    redis.call('ZADD', KEYS[i], expiry, id)
    outlive(KEYS[i], leftMs)
  end
end`;

/**
 * Keys: see TABLE. Arguments: what is banned, now, expiry, the prefix of the first key, a bound for each of the others. When the room is full,
 * its ban that ends first is lifted. Returns 0 when another key is full.
 */
const BAN = `${TABLE}
local id, now, expiry, prefix = unpack(ARGV)
local known = redis.call('ZSCORE', KEYS[4], id)
for i = 2, 4 do redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now) end
if known and tonumber(known) > tonumber(now) then
  expiry = math.max(expiry, known)
  local owners = redis.call('HMGET', KEYS[1], 'room', 'network')
  for i = 1, 2 do if owners[i] then KEYS[1 + i] = owners[i] end end
elseif makeSpace(prefix, id, { ARGV[5], ARGV[6], ARGV[7] }, function(i)
  return i == 2 and redis.call('ZRANGE', KEYS[2], 0, 1) or {}
end) then return 0 end
put(id, now, expiry)
return 1`;

/**
 * Keys: see TABLE. Arguments: code, now, expiry, the prefix of the first key, a bound for each of the others, how long ended codes are kept, what the
 * code stands for, its maker. Codes that have ended give way first; in a full room then those of the same maker. Returns the number of the key
 * that is full, or 0.
 */
const KEEP_CODE = `${TABLE}
local id, now, expiry, prefix = unpack(ARGV)
for i = 2, 4 do redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now) end
local full = makeSpace(prefix, id, { ARGV[5], ARGV[6], ARGV[7] }, function(i)
  -- Two may be dropped for other limits already.
  local found = redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', now + ARGV[8], 'LIMIT', 0, 4)
  if i > 2 then return found end
  for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if redis.call('HGET', prefix .. other, 'maker') == ARGV[10] then table.insert(found, other) end
  end
  return found
end)
if full then return full end
redis.call('HSET', KEYS[1], 'sealed', ARGV[9], 'maker', ARGV[10])
put(id, now, expiry)
return 0`;

/** Keys: what belongs to a code, all codes. Arguments: code, its expiry from now on. */
const END_CODE = `
local known = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not known or tonumber(known) <= tonumber(ARGV[2]) then return end
local owners = redis.call('HMGET', KEYS[1], 'room', 'network')
for _, key in ipairs({ owners[1] or KEYS[2], owners[2] or KEYS[2], KEYS[2] }) do
  redis.call('ZADD', key, 'XX', ARGV[2], ARGV[1])
end`;

const USES = 'p2c2r:uses';
const BANS = 'p2c2r:bans';
const BAN_PREFIX = 'p2c2r:ban:';
const CODES = 'p2c2r:codes';
const CODE_PREFIX = 'p2c2r:code:';

const gamersSchema = z.array(z.string());

/** A store in Redis, which all instances share. Every key expires. */
export class RedisStore implements Store {
  constructor(
    private readonly redis: Redis,
    private readonly clock: Pick<ServerClock, 'epochMs'>,
    private readonly limits: { readonly [Name in keyof typeof STORE_LIMITS]: number } = STORE_LIMITS,
  ) {}

  async reputation(historyId: string): Promise<Reputation> {
    const voices = await this.redis.hvals(`p2c2r:standing:${historyId}`);
    return weigh(
      voices.map((voice) => {
        const [completed = 0, failed = 0] = voice.split(' ').map(Number);
        return { completed, failed };
      }),
    );
  }

  async partners(gamerId: string): Promise<ReadonlyMap<string, number>> {
    const partners = await this.redis.hgetall(`p2c2r:partners:${gamerId}`);
    return new Map(Object.entries(partners).map(([id, rttMs]) => [id, Number(rttMs)]));
  }

  async record({ gamerId, network }: Reporter, historyId: string, report: Report): Promise<void> {
    const { completed, failed, rttMs } = report;
    const { maxNetworksPerVolunteer, maxReputations, maxPartnersPerGamer, maxGamers } = this.limits;
    const [voices, partners] = [`p2c2r:standing:${historyId}`, `p2c2r:partners:${gamerId}`];
    const keys = [
      ...[voices, `${voices}:seen`, 'p2c2r:reputations'],
      ...[partners, `${partners}:seen`, 'p2c2r:gamers'],
    ];
    const bounds = [
      ...[maxNetworksPerVolunteer, maxReputations, REPUTATION_TTL_S],
      ...[maxPartnersPerGamer, maxGamers, ROOM_TTL_S],
    ];
    const values = [completed, failed, historyId, rttMs, network, MAX_TASKS_PER_NETWORK, ...bounds];
    await this.redis.eval(RECORD, keys.length, ...keys, ...values);
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
    const values = [historyId, gamerId, maxAccusers, maxAccusedPerRoom, maxRoomsWithAccused, ROOM_TTL_S];
    await this.redis.eval(ACCUSE, keys.length, ...keys, ...values);
  }

  async useInvite({ id, maxUses, expiresAtMs }: CountedInvite, sessionId: string, quota: Quota): Promise<boolean> {
    const keys = [`p2c2r:invite:${id}`, ...quotaKeys(USES, quota)];
    const bounds = [this.limits.maxUsesPerRoom, this.limits.maxUsesPerNetwork, this.limits.maxUses];
    const values = [id, sessionId, maxUses, this.clock.epochMs(), expiresAtMs, ...bounds];
    const answer = Number(await this.redis.eval(USE, keys.length, ...keys, ...values));
    if (answer < 0) throw tooManyUses(answer === -2 ? 'room' : answer === -3 ? 'network' : undefined);
    return answer === 1;
  }

  async ban(id: string, expiresAtMs: number, quota: Quota): Promise<void> {
    const keys = [BAN_PREFIX + id, ...quotaKeys(BANS, quota)];
    const bounds = [this.limits.maxBansPerRoom, this.limits.maxBansPerNetwork, this.limits.maxBans];
    const values = [id, this.clock.epochMs(), expiresAtMs, BAN_PREFIX, ...bounds];
    if ((await this.redis.eval(BAN, keys.length, ...keys, ...values)) === 0) throw tooManyBans();
  }

  async isBanned(id: string): Promise<boolean> {
    return Number((await this.redis.zscore(BANS, id)) ?? 0) > this.clock.epochMs();
  }

  async keepCode({ id, sealed, endsAtMs, maker }: KeptCode, quota: Quota): Promise<void> {
    const keys = [CODE_PREFIX + id, ...quotaKeys(CODES, quota)];
    const bounds = [this.limits.maxCodesPerRoom, this.limits.maxCodesPerNetwork, this.limits.maxCodes];
    const times = [this.clock.epochMs(), endsAtMs + ENDED_CODE_KEPT_MS];
    const values = [id, ...times, CODE_PREFIX, ...bounds, ENDED_CODE_KEPT_MS, sealed, maker];
    const full = Number(await this.redis.eval(KEEP_CODE, keys.length, ...keys, ...values));
    if (full > 0) throw tooManyCodes(full === 2 ? 'room' : full === 3 ? 'network' : 'all');
  }

  async codeOf(id: string): Promise<string | null> {
    // The score has the clock of the server, by which the code expires; the key's own end only frees memory.
    const [expiresAtMs, sealed] = await Promise.all([
      this.redis.zscore(CODES, id),
      this.redis.hget(CODE_PREFIX + id, 'sealed'),
    ]);
    return Number(expiresAtMs ?? 0) > this.clock.epochMs() ? sealed : null;
  }

  async endCode(id: string): Promise<void> {
    await this.redis.eval(END_CODE, 2, CODE_PREFIX + id, CODES, id, this.clock.epochMs() + ENDED_CODE_KEPT_MS);
  }

  /** Leaves the connection open: it belongs to the cluster, which closes it. */
  async close(): Promise<void> {}
}

const accusedKey = (roomKey: string) => `p2c2r:accused:${roomDigest(roomKey)}`;

/** The sorted sets with the entries of a room, of a network, and of all. */
const quotaKeys = (name: string, { room, network }: Quota) => [
  `${name}:room:${roomDigest(room)}`,
  `${name}:network:${network}`,
  name,
];
