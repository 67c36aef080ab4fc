import { spawnSync } from 'node:child_process';
import { SetupError } from '../deploy/failure.mjs';
import { installDebianPackage } from './debian.mjs';

/**
 * Finds redis-server, or installs Debian's package if this is Debian and we are root.
 * @throws {SetupError} with what to do if it cannot be installed
 */
export async function ensureRedis() {
  if (isThere()) return;
  if (await installDebianPackage('redis-server')) {
    if (isThere()) return;
  }
  throw new SetupError('There is no Redis here. Install redis-server, such as: sudo apt-get install redis-server');
}

function isThere() {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).error === undefined;
}
