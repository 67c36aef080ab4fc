import { renderUnicodeCompact } from 'uqr';
import { createServer, type RunningServer } from '../server.ts';
import { ConfigError, readConfig } from './config.ts';
import { StartError } from './listening.ts';
import { helpText } from './settings.ts';

/** What a run needs of its process, so that a test can be one. */
export interface Host {
  out(text: string): void;
  err(text: string): void;
  /** Calls back on each request to stop: SIGINT or SIGTERM. */
  onStop(callback: () => void): void;
  /** Ends at once. */
  exit(code: number): void;
  /** Monotonic, ms. */
  now(): number;
}

/** Ctrl+C in a terminal comes from the terminal and again from npm: two requests this close together are one. */
const SAME_REQUEST_MS = 1_000;

/** @returns the exit code: 0 after a graceful stop, 1 when it cannot start, 2 for a wrong setting. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv, host: Host): Promise<number> {
  try {
    const config = readConfig(argv, env);
    if (!config) {
      host.out(helpText());
      return 0;
    }
    const server = await createServer(config);
    host.out(whereItIs(await server.listen()));
    await stopRequested(host);
    await server.close();
    return 0;
  } catch (cause) {
    if (cause instanceof ConfigError) {
      host.err(`${cause.message}\n`);
      return 2;
    }
    if (cause instanceof StartError) {
      host.err(`${cause.message}\n`);
      return 1;
    }
    throw cause;
  }
}

function whereItIs({ url, lan: { secureUrls, isOwnCertificate } }: RunningServer): string {
  const here = `P2C2R is at ${url} (Ctrl+C stops it)\n`;
  const [first] = secureUrls;
  if (first === undefined) return here;
  const warning = isOwnCertificate
    ? 'Each browser warns once, since this machine made the certificate itself: choose Advanced, then Proceed.\n'
    : '';
  const others = secureUrls.map((secureUrl) => `  ${secureUrl}\n`).join('');
  return `${here}On other machines, and here when you invite them:\n${others}${warning}\n${renderUnicodeCompact(first)}\n`;
}

/** Resolves at the first request to stop; a second one does not wait for the drain. */
function stopRequested(host: Host): Promise<void> {
  return new Promise((resolve) => {
    let askedMs: number | null = null;
    host.onStop(() => {
      if (askedMs !== null && host.now() - askedMs > SAME_REQUEST_MS) host.exit(1);
      askedMs ??= host.now();
      resolve();
    });
  });
}
