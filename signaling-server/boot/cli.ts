import { renderUnicodeCompact } from 'uqr';
import { createServer, type RunningServer } from '../server.ts';
import { ConfigError, readConfig } from './config.ts';
import { StartError } from './listening.ts';
import { helpText } from './settings.ts';

/** The parts of the process that {@link run} uses; tests pass their own. */
export interface Host {
  out(text: string): void;
  err(text: string): void;
  /** Registers a callback for each SIGINT or SIGTERM. */
  onStop(callback: () => void): void;
  /** Called when the server listens. */
  ready(): void;
  /** Registers a callback for when another process has taken the place of this one. */
  onReplaced(callback: () => void): void;
  /** When the process that this one takes the place of has ended; absent if there is none. */
  predecessorEnded?: Promise<void> | undefined;
  /** Ends the process at once. */
  exit(code: number): void;
  /** Monotonic, ms. */
  now(): number;
}

/** Ctrl+C reaches us from the terminal and again from npm: two signals this close together count as one. */
const SAME_REQUEST_MS = 1_000;

/**
 * Runs the server until it is asked to stop.
 * @returns the exit code: 0 after a graceful stop, 1 when the server cannot start, 2 for an invalid setting.
 */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv, host: Host): Promise<number> {
  try {
    const config = readConfig(argv, env);
    if (!config) {
      host.out(helpText());
      return 0;
    }
    const server = await createServer(config, { predecessorEnded: host.predecessorEnded });
    host.out(addressesOf(await server.listen()));
    host.ready();
    const replaced = new Promise<boolean>((resolve) => host.onReplaced(() => resolve(true)));
    const isReplaced = await Promise.race([stopRequested(host), replaced]);
    await server.close({ isReplaced });
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

/** What is printed at the start: where the server is, and a QR code for other machines. */
function addressesOf({ url, lan: { secureUrls, isOwnCertificate } }: RunningServer): string {
  const local = `P2C2R is at ${url} (Ctrl+C stops it)\n`;
  const [first] = secureUrls;
  if (first === undefined) return local;
  const warning = isOwnCertificate
    ? 'Each browser warns once, because this machine made the certificate itself: choose Advanced, then Proceed.\n'
    : '';
  const others = secureUrls.map((secureUrl) => `  ${secureUrl}\n`).join('');
  return `${local}On other machines, and on this one when you invite others:\n${others}${warning}\n${renderUnicodeCompact(first)}\n`;
}

/** Resolves with false at the first request to stop. A second one ends the process without waiting for the drain. */
function stopRequested(host: Host): Promise<false> {
  return new Promise((resolve) => {
    let requestedAtMs: number | null = null;
    host.onStop(() => {
      if (requestedAtMs !== null && host.now() - requestedAtMs > SAME_REQUEST_MS) host.exit(1);
      requestedAtMs ??= host.now();
      resolve(false);
    });
  });
}
