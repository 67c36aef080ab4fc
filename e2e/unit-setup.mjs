import { installProxies } from './proxies.mjs';
import { ensureRedis } from './redis.mjs';

/** Runs before all unit tests: those of the server start their own Redis and proxies. */
export async function setup() {
  await ensureRedis();
  await installProxies(['nginx', 'caddy']);
}
