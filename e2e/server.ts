import { join } from 'node:path';
import * as servers from './server-process.mjs';

/** A signaling server of the build that `npm test` made. */
export type RunningServer = Awaited<ReturnType<typeof servers.startServer>>;

/** Starts it on a free port, or on `port`. */
export function startServer(
  options: { port?: number; env?: Record<string, string>; isSupervised?: boolean } = {},
): Promise<RunningServer> {
  const build = process.env.P2C2R_BUILD;
  if (!build) throw new Error('P2C2R_BUILD names no build; run npm test.');
  return servers.startServer({ serverFile: join(build, 'server/main.js'), pagesDir: join(build, 'pages') }, options);
}
