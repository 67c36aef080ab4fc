import { readFile } from 'node:fs/promises';
import { runChild } from '../deploy/child.mjs';

const PACKAGE_TIMEOUT_MS = 600_000;

/** May we install one of Debian's packages here? */
export async function isDebianRoot() {
  if (process.getuid?.() !== 0) return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  // Ubuntu is another matter: its chromium package, say, is an empty one that points to a snap.
  return /^ID=debian$/m.test(release);
}

/**
 * Whether it succeeded is seen by looking for what was wanted.
 * @param {string} name
 */
export async function installPackage(name) {
  console.log(`Installing Debian's ${name} package ...`);
  const script = `apt-get update && apt-get install -y --no-install-recommends ${name}`;
  const { code, output } = await runChild('sh', ['-c', script], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: PACKAGE_TIMEOUT_MS,
    quiet: true,
  });
  console.log(code === 0 ? 'Installed.' : `${output.trim()}\napt-get failed; the reason is above.`);
}
