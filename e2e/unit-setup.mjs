import { ensureRedis } from './redis.mjs';

/** Runs before all unit tests: those of the server's store start their own Redis. */
export const setup = ensureRedis;
