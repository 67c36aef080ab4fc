import { readFile } from 'node:fs/promises';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { networkInterfaces } from 'node:os';
import type { ServerClock } from '../boot/clock.ts';
import { StartError } from '../boot/listening.ts';
import { keptCertificate } from '../boot/own-certificate.ts';
import type { Config } from '../boot/settings.ts';

export interface SecureServer {
  server: Server;
  /** Names and addresses it may be reached at, the likeliest first. */
  hosts: string[];
  isOwnCertificate: boolean;
}

/**
 * HTTPS beside plain HTTP: browsers give WebGPU, WebCodecs and capture only to pages that came over it, or from their own machine.
 * @param plain answers every request and upgrade: there is one server behind both doors.
 * @returns null when neither LAN nor TLS_CERT asks for it.
 * @throws StartError when a certificate cannot be read, made or used.
 */
export async function openSecureServer(
  config: Pick<Config, 'lan' | 'tlsCert' | 'tlsKey' | 'stateDir' | 'host'>,
  clock: Pick<ServerClock, 'epochMs'>,
  plain: HttpServer,
): Promise<SecureServer | null> {
  if (!config.lan && !config.tlsCert) return null;
  const isOwnCertificate = !config.tlsCert;
  const addresses = config.lan ? lanAddresses() : [];
  const hosts = addresses.length > 0 ? addresses : [config.lan ? 'localhost' : config.host];
  try {
    const { cert, key } = isOwnCertificate
      ? await keptCertificate(config.stateDir, hosts, clock)
      : { cert: await readFile(config.tlsCert), key: await readFile(config.tlsKey) };
    const server = createServer({ cert, key });
    server.on('request', (request, response) => plain.emit('request', request, response));
    server.on('upgrade', (request, socket, head) => plain.emit('upgrade', request, socket, head));
    return { server, hosts, isOwnCertificate };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice = isOwnCertificate ? 'Check that STATE_DIR can be written to' : 'Check TLS_CERT and TLS_KEY';
    throw new StartError(`There is no certificate for HTTPS: ${why}. ${advice}.`);
  }
}

/** This machine's addresses in its local networks: private ones first, since a public one is seldom what a guest at home can use. */
function lanAddresses(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flat()
    .flatMap((entry) => (entry && !entry.internal && entry.family === 'IPv4' ? entry.address : []));
  return addresses.sort((a, b) => Number(isPrivate(b)) - Number(isPrivate(a)));
}

/** RFC 1918. */
const isPrivate = (address: string) => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
