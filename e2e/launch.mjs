import { CHROMIUM_FLAGS, findBrowser, WEBGPU_FLAG } from './browser.mjs';

/**
 * How each runner starts its browser. `npm test` finds the executable and passes it in P2C2R_BROWSER.
 * @param {{ hasWebgpu?: boolean }} [options] false for tests that do not use it: compiling shaders on the processor is most of a page's
 *   start time
 * @returns {Promise<import('playwright').LaunchOptions>}
 */
export async function launchOptions({ hasWebgpu = true } = {}) {
  const executablePath = process.env.P2C2R_BROWSER ?? (await findBrowser());
  const args = CHROMIUM_FLAGS.filter((flag) => hasWebgpu || flag !== WEBGPU_FLAG);
  return { args, ...(executablePath ? { executablePath } : {}) };
}
