import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type RequestDeadlines, StartError } from '../boot/listening.ts';
import type { Config } from '../boot/settings.ts';
import type { ServerClock } from '../clock.ts';
import { presentLanAddresses } from './lan-addresses.ts';
import { GUARDED_SERVER_OPTIONS, REQUEST_EVENTS } from './request-guard.ts';

const FILE_NAME = 'lan-certificate.json';
const DAY_MS = 24 * 3_600 * 1_000;
/** Apple's systems reject certificates that are valid for more than 825 days (https://support.apple.com/en-us/103769). */
const VALID_DAYS = 800;
/** How long before its end a certificate is renewed, so that it does not expire in the middle of a game. */
const RENEW_DAYS = 30;

export interface SecureServer {
  server: Server;
  /** Names and addresses of this server, the most likely to work first. Anybody is told them. */
  hosts: string[];
  /** Whether this machine made the certificate itself, so browsers warn about it. */
  isOwnCertificate: boolean;
  /** Whether a certificate of the operator's names a host. */
  isCertified(name: string): boolean;
}

export interface Certificate {
  /** PEM. */
  cert: string;
  /** PEM. */
  key: string;
}

/**
 * Opens HTTPS beside plain HTTP: browsers give WebGPU, WebCodecs and screen capture only to pages that came over HTTPS or from their
 * own machine.
 * @param deadlines of a request; the first is also that of a handshake
 * @param plain answers every request and upgrade of the HTTPS server too.
 * @returns null when neither LAN nor TLS_CERT is set.
 * @throws StartError when a certificate cannot be read, made or used.
 */
export async function openSecureServer(
  config: Pick<Config, 'lan' | 'tlsCert' | 'tlsKey' | 'stateDir' | 'host'>,
  clock: Pick<ServerClock, 'epochMs'>,
  deadlines: RequestDeadlines,
  plain: HttpServer,
): Promise<SecureServer | null> {
  if (!config.lan && !config.tlsCert) return null;
  const isOwnCertificate = !config.tlsCert;
  const addresses = config.lan ? await presentLanAddresses() : [];
  const own = addresses.length > 0 ? addresses : ['localhost'];
  try {
    const { cert, key } = isOwnCertificate
      ? await ownCertificate(config.stateDir, own, clock)
      : { cert: await readFile(config.tlsCert), key: await readFile(config.tlsKey) };
    const handshakeTimeout = deadlines.headersTimeout;
    const server = createServer({ cert, key, ...deadlines, ...GUARDED_SERVER_OPTIONS, handshakeTimeout });
    for (const event of REQUEST_EVENTS) {
      server.on(event, (request: IncomingMessage, response: ServerResponse) => plain.emit(event, request, response));
    }
    server.on('upgrade', (request, socket, head) => plain.emit('upgrade', request, socket, head));
    const parsed = isOwnCertificate ? null : new X509Certificate(cert);
    const hosts = config.lan || !parsed ? own : hostsIn(parsed, config.host);
    const isCertified = (name: string) => parsed?.checkHost(name) !== undefined;
    return { server, hosts, isOwnCertificate, isCertified };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice = isOwnCertificate ? 'Check that STATE_DIR is writable' : 'Check TLS_CERT and TLS_KEY';
    throw new StartError(`There is no certificate for HTTPS: ${why}. ${advice}.`);
  }
}

/**
 * What anybody who looks at the certificate knows already. The machine of a public server may have other addresses, in networks of its own, which
 * strangers should not learn.
 * @returns HOST where the certificate names it, else the names in it that are no pattern
 */
function hostsIn(certificate: X509Certificate, host: string): string[] {
  const named = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  if (named !== undefined) return [host];
  return [...(certificate.subjectAltName ?? '').matchAll(/DNS:([^,*\s]+)/g)].flatMap(([, name]) => name ?? []);
}

/**
 * The self-made certificate. It is kept in `stateDir`, so that browsers in which somebody accepted it still do. It is made again when
 * it does not name one of `hosts`, for example after the machine joined another network, or when it is about to expire.
 * @throws the file system's error when the folder cannot be used.
 */
export async function ownCertificate(
  stateDir: string,
  hosts: readonly string[],
  clock: Pick<ServerClock, 'epochMs'>,
): Promise<Certificate> {
  const path = join(stateDir, FILE_NAME);
  const kept = await readKept(path);
  if (kept && isValidFor(kept, hosts, clock.epochMs())) return kept;
  const made = await makeCertificate(hosts, clock.epochMs());
  await mkdir(stateDir, { recursive: true });
  // One file for both, renamed into place, so that a certificate never meets the key of another. Only its owner may read it.
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(made), { mode: 0o600 });
  await rename(draft, path);
  return made;
}

async function readKept(path: string): Promise<Certificate | null> {
  try {
    const { cert, key } = JSON.parse(await readFile(path, 'utf8')) as Partial<Certificate>;
    return typeof cert === 'string' && typeof key === 'string' ? { cert, key } : null;
  } catch (cause) {
    // Losing a damaged file is harmless: browsers warn once more.
    if (cause instanceof SyntaxError || (cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}

function isValidFor({ cert }: Certificate, hosts: readonly string[], nowMs: number): boolean {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(cert);
  } catch {
    return false;
  }
  if (Date.parse(parsed.validTo) - nowMs < RENEW_DAYS * DAY_MS) return false;
  // IPv6 addresses may change every day, and each new certificate has to be accepted again. A warning about the name is no worse.
  const lasting = hosts.filter((host) => isIP(host) !== 6);
  const needed = lasting.length > 0 ? lasting : hosts;
  return needed.every((host) => (isIP(host) ? parsed.checkIP(host) : parsed.checkHost(host)) !== undefined);
}

async function makeCertificate(hosts: readonly string[], nowMs: number): Promise<Certificate> {
  // Loaded where it is needed, since it takes a fifth of a server's start.
  const { generate } = await import('selfsigned');
  const names = [...new Set(['localhost', '127.0.0.1', hostname(), `${hostname()}.local`, ...hosts])];
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'P2C2R on this network' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // The clock of a guest's machine may be a little slow.
    notBeforeDate: new Date(nowMs - DAY_MS),
    notAfterDate: new Date(nowMs + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
        ),
      },
    ],
  });
  return { cert, key };
}
