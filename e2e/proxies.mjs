import { spawnSync } from 'node:child_process';
import { installDebianPackage } from './debian.mjs';

/** Debian's packages of the proxies that tests put in front of a server, by the command that tells their version. */
const PROXIES = [
  { packageName: 'nginx-light', command: 'nginx', argument: '-v' },
  { packageName: 'caddy', command: 'caddy', argument: 'version' },
];

/** Installs the proxies that are missing, if this is Debian and we are root. Tests of those that cannot be installed are skipped. */
export async function installProxies() {
  const missing = PROXIES.filter(({ command }) => !hasProxy(command)).map(({ packageName }) => packageName);
  if (missing.length > 0) await installDebianPackage(missing.join(' '));
}

/**
 * @param {string} command nginx or caddy
 * @returns {boolean} whether it is installed
 */
export function hasProxy(command) {
  const proxy = PROXIES.find((known) => known.command === command);
  return proxy !== undefined && spawnSync(command, [proxy.argument], { stdio: 'ignore' }).status === 0;
}
