import { spawnSync } from 'node:child_process';
import { SetupError } from '../deploy/failure.mjs';
import { installDebianPackage } from './debian.mjs';

const PROGRAMS = ['firefox-esr', 'firefox'];

/**
 * Finds Firefox, or installs Debian's package if this is Debian and we are root.
 * @returns {Promise<string>} its program
 * @throws {SetupError} with what to do if it cannot be installed
 */
export async function ensureFirefox() {
  const program = findFirefox() ?? ((await installDebianPackage('firefox-esr')) ? findFirefox() : undefined);
  if (program) return program;
  throw new SetupError('There is no Firefox here. Install it, such as: sudo apt-get install firefox-esr');
}

/** Its program; undefined where there is none. P2C2R_FIREFOX names another one. */
export function findFirefox() {
  const named = process.env.P2C2R_FIREFOX;
  return [...(named ? [named] : []), ...PROGRAMS].find(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0,
  );
}
