import { ensureRedis } from './redis.mjs';

/** Before all unit tests: those of the server's store start a Redis of their own. */
export const setup = ensureRedis;
