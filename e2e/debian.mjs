import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChild } from '../deploy/child.mjs';

/** Time limit of `apt-get`, which fetches its lists first. */
const PACKAGE_TIMEOUT_MS = 600_000;

/** Suites that run at the same time may each need a package, and a second apt-get does not wait for the first. */
const LOCK_FILE = join(tmpdir(), 'p2c2r-apt.lock');

/**
 * Installs Debian packages, if this is Debian and we are root.
 * @param {string} name one name, or several with spaces between them
 * @returns {Promise<boolean>} whether it was tried
 */
export async function installDebianPackage(name) {
  if (!(await isDebianRoot())) return false;
  console.log(`Installing Debian's ${name} package ...`);
  const script = `apt-get update && apt-get install -y --no-install-recommends ${name}`;
  const { code, output } = await runChild('flock', [LOCK_FILE, 'sh', '-c', script], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: PACKAGE_TIMEOUT_MS,
    quiet: true,
  });
  console.log(code === 0 ? 'Installed.' : `${output.trim()}\napt-get failed; the reason is above.`);
  return true;
}

async function isDebianRoot() {
  if (process.getuid?.() !== 0) return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  // Ubuntu's browser packages are empty: they point to a snap.
  return /^ID=debian$/m.test(release);
}
