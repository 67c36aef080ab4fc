import { CHROMIUM_FLAGS, findBrowser, WEBGPU_FLAG } from './browser.mjs';

/**
 * How each runner starts its browser. `npm test` has found the executable and hands it on in P2C2R_BROWSER.
 * @param {{ hasWebgpu?: boolean }} [options] tests of what does not compute with it do without: shaders that a processor compiles are most
 *   of what a page's start takes
 * @returns {Promise<import('playwright').LaunchOptions>}
 */
export async function launchOptions({ hasWebgpu = true } = {}) {
  const executablePath = process.env.P2C2R_BROWSER ?? (await findBrowser());
  const args = CHROMIUM_FLAGS.filter((flag) => hasWebgpu || flag !== WEBGPU_FLAG);
  return { args, ...(executablePath ? { executablePath } : {}) };
}
