import { Firefox } from '../../e2e/firefox/browser.ts';
import type { AnyPage, BrowserName } from '../../e2e/firefox/fixtures.ts';
import type { Context, Section, Site } from '../context.ts';
import { mediansInTurn } from '../measuring.ts';
import { figure } from '../report.ts';

const ROUNDS = 5;
/** Tasks outstanding: enough that the slower end is busy all the time. */
const WINDOW = 8;
const ROUND_MS = 2_000;
/** A browser of another kind costs at most a fifth of the rate. */
const MIN_SHARE = 0.8;

export const firefox: Section = {
  name: 'firefox',
  about: 'echoes between Firefox and Chromium, beside those between two of a kind; needs firefox-esr',
  onlyWhenNamed: true,
  async run(context) {
    const site = await context.openSite({ modules: [] });
    const browser = await Firefox.launch();
    context.defer(() => browser.close());
    const pairs = {
      'Firefox, Firefox': await openPair(context, site, browser, 'Firefox', 'Firefox'),
      'Chromium, Firefox': await openPair(context, site, browser, 'Chromium', 'Firefox'),
      'Firefox, Chromium': await openPair(context, site, browser, 'Firefox', 'Chromium'),
      'Chromium, Chromium': await openPair(context, site, browser, 'Chromium', 'Chromium'),
    };
    const perS = await mediansInTurn(pairs, ROUNDS);
    const beside = perS['Firefox, Firefox'];
    return Object.entries(perS).map(([pair, rate]) =>
      figure(
        `echoes of 8 B, volunteer and gamer: ${pair}`,
        rate,
        '/s',
        pair.includes('Chromium, Firefox') ? { atLeast: MIN_SHARE * beside } : {},
      ),
    );
  },
};

/** Links a volunteer and a gamer; returns what measures their echoes a second. */
async function openPair(
  context: Context,
  site: Site,
  firefox: Firefox,
  volunteer: BrowserName,
  gamer: BrowserName,
): Promise<() => Promise<number>> {
  const room = `${volunteer} ${gamer}`;
  const open = async (browser: BrowserName): Promise<AnyPage> => {
    const page: AnyPage & { goto(url: string): Promise<unknown>; close(): Promise<void> } =
      browser === 'Firefox' ? await firefox.newPage() : await (await site.browser.newContext()).newPage();
    context.defer(() => page.close());
    await page.goto(new URL('/healthz', site.url).href);
    await page.evaluate(async (module) => {
      window.sdk = await import(module);
    }, '/p2c2r.js');
    return page;
  };
  await (await open(volunteer)).evaluate(async (name) => {
    window.node = await window.sdk.VolunteerNode.start({ room: name, backend: 'js' });
  }, room);
  const page = await open(gamer);
  await page.evaluate(async (name) => {
    window.client = await window.sdk.GamerClient.connect({ room: name, where: 'volunteers' });
    await window.client.whenReady({ volunteers: 1, timeoutMs: 60_000 });
  }, room);
  return () => page.evaluate(echoesPerS, { window: WINDOW, durationMs: ROUND_MS });
}

/** In the gamer's page. No two echoes are equal, or the cache of results would answer. */
async function echoesPerS({ window: lanes, durationMs }: { window: number; durationMs: number }): Promise<number> {
  const startedMs = performance.now();
  let done = 0;
  const lane = async () => {
    while (performance.now() - startedMs < durationMs) {
      await window.client.submitTask('echo', { bytes: crypto.getRandomValues(new Uint8Array(8)) }).result;
      done++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return (1_000 * done) / (performance.now() - startedMs);
}
