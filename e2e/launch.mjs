import { CHROMIUM_FLAGS, findBrowser } from './browser.mjs';

/**
 * How each runner starts its browser. `npm test` has found the executable and hands it on in P2C2R_BROWSER.
 * @returns {Promise<import('playwright').LaunchOptions>}
 */
export async function launchOptions() {
  const executablePath = process.env.P2C2R_BROWSER ?? (await findBrowser());
  return { args: [...CHROMIUM_FLAGS], ...(executablePath ? { executablePath } : {}) };
}
