import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import type { ServerClock } from '../clock.ts';

const FILE_NAME = 'lan-certificate.json';
const DAY_MS = 24 * 3_600 * 1_000;
/** Apple's systems accept no certificate that is good for longer than 825 days, whoever made it. */
const VALID_DAYS = 800;
/** Made anew so long before its end: nobody is warned in the middle of a game. */
const RENEW_DAYS = 30;

export interface Certificate {
  /** PEM. */
  cert: string;
  /** PEM. */
  key: string;
}

/**
 * The certificate this machine made itself, kept in `stateDir` so that browsers that were told to accept it go on doing so. It is
 * made anew when it does not name one of `hosts`, as after the machine came into another network, or is about to end.
 * @throws the file system's error when the folder cannot be used.
 */
export async function keptCertificate(
  stateDir: string,
  hosts: readonly string[],
  clock: Pick<ServerClock, 'epochMs'>,
): Promise<Certificate> {
  const path = join(stateDir, FILE_NAME);
  const known = await readKept(path);
  if (known && isGoodFor(known, hosts, clock.epochMs())) return known;
  const made = await make(hosts, clock.epochMs());
  await mkdir(stateDir, { recursive: true });
  // One file for both, put in place whole: a certificate never meets the key of another. Readable by its owner only.
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
    // A damaged file is no loss: browsers warn once more.
    if (cause instanceof SyntaxError || (cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}

function isGoodFor({ cert }: Certificate, hosts: readonly string[], nowMs: number): boolean {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(cert);
  } catch {
    return false;
  }
  if (Date.parse(parsed.validTo) - nowMs < RENEW_DAYS * DAY_MS) return false;
  return hosts.every((host) => (isIP(host) ? parsed.checkIP(host) : parsed.checkHost(host)) !== undefined);
}

async function make(hosts: readonly string[], nowMs: number): Promise<Certificate> {
  const names = [...new Set(['localhost', '127.0.0.1', hostname(), `${hostname()}.local`, ...hosts])];
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'P2C2R on this network' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // A guest's clock may be a little behind.
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
