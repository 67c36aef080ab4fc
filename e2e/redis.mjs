import { spawnSync } from 'node:child_process';
import { SetupError } from '../deploy/failure.mjs';
import { installDebianPackage } from './debian.mjs';

/**
 * Finds redis-server, or installs Debian's where that may be done.
 * @throws {SetupError} saying what to do, when it cannot be had
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
