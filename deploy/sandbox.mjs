import { SetupError } from './failure.mjs';

/**
 * Flags of the volunteer's Chromium. It decodes strangers' video and runs their inputs and models, so nothing here may weaken its sandbox:
 * the flags of tests (e2e/browser.mjs) are not for it.
 */
export const VOLUNTEER_FLAGS = Object.freeze([
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // On Linux Chromium offers WebGPU for a few graphics cards only.
  '--enable-unsafe-webgpu',
]);

/** Flags of Chromium that take its sandbox away, or part of it. */
const UNSANDBOXING =
  /^--(?:no-sandbox|no-zygote|single-process|in-process-gpu|disable-[a-z-]*sandbox|allow-sandbox-debugging)(?:=|$)/;

/** What Chromium prints when the kernel or the container does not let it build a sandbox. */
const NO_SANDBOX =
  /No usable sandbox|SUID sandbox|Running as root without --no-sandbox|Failed to move to new namespace/;

export const WITHOUT_SANDBOX_FLAG = '--without-sandbox';

/** Logged and repeated by every start without a sandbox. */
export const RUNS_WITHOUT =
  'Chromium runs WITHOUT its sandbox: a gamer’s video or model that breaks out of the page has all the rights of this user.';

/**
 * Decides whether the volunteer's Chromium gets its sandbox. It does unless somebody has asked for the opposite by name.
 * @param {{ withoutSandbox: boolean, browserFlags: readonly string[], userId: number | undefined }} options userId: undefined on Windows
 * @returns {boolean} whether it is sandboxed
 * @throws {SetupError} when there would be none and nobody has asked for that
 */
export function decideSandbox({ withoutSandbox, browserFlags, userId }) {
  if (withoutSandbox) return false;
  if (userId === 0) {
    throw new SetupError(
      'This is root, and Chromium has no sandbox as root: a gamer’s video or model that breaks out of the page would own this machine. ' +
        `Start it as another user (docs/hosting.md, “A volunteer without a screen”), or add ${WITHOUT_SANDBOX_FLAG} to accept that.`,
    );
  }
  const weakening = browserFlags.filter((flag) => UNSANDBOXING.test(flag));
  if (weakening.length > 0) {
    throw new SetupError(
      `${weakening.join(' and ')} would take Chromium’s sandbox away. Leave it out, or add ${WITHOUT_SANDBOX_FLAG} to accept that.`,
    );
  }
  return true;
}

/**
 * @param {unknown} cause why Chromium did not start
 * @returns {SetupError | null} what to do, when the reason is that it found no sandbox
 */
export function asMissingSandbox(cause) {
  if (!NO_SANDBOX.test(cause instanceof Error ? cause.message : String(cause))) return null;
  return new SetupError(
    'Chromium cannot build its sandbox here, so the volunteer does not start. It needs user namespaces, which this kernel or container ' +
      'refuses to this user: docs/hosting.md, “A volunteer without a screen”, says how to allow them. ' +
      `${WITHOUT_SANDBOX_FLAG} starts it without a sandbox.`,
  );
}
