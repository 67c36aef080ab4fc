/** What bench/server/instances.mjs puts together, for Node. */
export { Balancer } from '../../e2e/balancer.ts';
export { TestRedis } from '../../signaling-server/store/test-redis.ts';
