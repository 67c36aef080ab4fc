/** Pages of the bench's server, and calls into the modules of bench/pages/ that it serves. */

/**
 * A page that has loaded nothing of ours yet.
 * @param {import('playwright').BrowserContext} browserContext
 * @param {string} serverUrl
 */
export async function openPage(browserContext, serverUrl) {
  const page = await browserContext.newPage();
  await page.goto(new URL('/healthz', serverUrl).href);
  return page;
}

/**
 * Calls an export of a module of bench/pages/ in a page. Modules keep their state between calls, as they do in any page.
 * @template Argument, Result
 * @param {import('playwright').Page} page
 * @param {string} name `module.mjs#function`
 * @param {Argument} argument what structured cloning carries
 * @returns {Promise<Result>}
 */
export async function call(page, name, argument) {
  const [module, exported] = name.split('#');
  return page.evaluate(
    async ([url, key, value]) => {
      const functions = await import(/** @type {string} */ (url));
      return functions[/** @type {string} */ (key)](value);
    },
    /** @type {const} */ ([`/bench/${module}`, exported, argument]),
  );
}

/**
 * A volunteer's page.
 * @param {import('playwright').BrowserContext} browserContext
 * @param {string} serverUrl
 * @param {Parameters<typeof import('./pages/volunteer.mjs').volunteer>[0]} options
 */
export async function openVolunteer(browserContext, serverUrl, options) {
  const page = await openPage(browserContext, serverUrl);
  /** @type {import('../web/sdk/p2c2r.ts').VolunteerNode['capabilities']} */
  const capabilities = await call(page, 'volunteer.mjs#volunteer', options);
  return { page, capabilities };
}
