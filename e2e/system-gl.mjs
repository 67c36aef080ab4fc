import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SetupError } from '../deploy/failure.mjs';
import { installDebianPackage } from './debian.mjs';

/** What a browser on the system's OpenGL loads: the EGL library that dispatches, and Mesa's, which draws on a processor too. */
const LIBRARIES = ['libEGL.so.1', 'libEGL_mesa.so.0'];
/** Of Debian. The last has Mesa's drivers. */
const PACKAGES = 'libegl1 libegl-mesa0 libgl1-mesa-dri';

/** Runs before the browser tests on the system's OpenGL. Throws SetupError with what to do where it cannot be installed. */
export async function setup() {
  // Other systems have OpenGL, or what ANGLE takes in its place.
  if (process.platform !== 'linux' || hasEgl()) return;
  if ((await installDebianPackage(PACKAGES)) && hasEgl()) return;
  throw new SetupError(
    `The ways of frames into a GPU are tested on Mesa's OpenGL, and it is missing. Install it, then run this again: sudo apt-get install ${PACKAGES}`,
  );
}

/** A vendor's EGL, such as NVIDIA's, is as good as Mesa's, and is found by the first library. */
function hasEgl() {
  const listed = spawnSync('ldconfig', ['-p'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/sbin` },
  });
  // Without ldconfig nothing is known: the tests themselves say what they miss.
  if (listed.error) return true;
  const [dispatcher = '', mesa = ''] = LIBRARIES;
  return listed.stdout.includes(dispatcher) && (listed.stdout.includes(mesa) || existsSync('/dev/nvidiactl'));
}
