import { Firefox } from '../../e2e/firefox/browser.ts';
import type { AnyPage, BrowserName } from '../../e2e/firefox/fixtures.ts';
import type { Context, Section, Site } from '../context.ts';
import { mediansInTurn } from '../measuring.ts';
import { figure } from '../report.ts';

const ROUNDS = 5;
/** Enough tasks outstanding that the slower end is busy all the time. */
const LOAD = { window: 8, durationMs: 2_000 };
/** A browser of another kind costs at most a fifth of the rate. */
const MIN_SHARE = 0.8;

export const firefox: Section = {
  name: 'firefox',
  about: 'echoes between Firefox and Chromium, beside those between two of a kind; needs firefox-esr',
  onlyWhenNamed: true,
  async run(context) {
    const site = await context.openSite({ modules: ['tasks'] });
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
    return page;
  };
  const call = (page: AnyPage, module: string, name: string, options: object): Promise<number> =>
    page.evaluate(async ([url, key, value]) => (await import(url))[key](value), [
      `/bench/${module}.js`,
      name,
      options,
    ] as const);
  await call(await open(volunteer), 'volunteer', 'volunteer', { room, backend: 'js' });
  const page = await open(gamer);
  await call(page, 'tasks', 'connect', { room });
  return () => call(page, 'tasks', 'echoesPerS', LOAD);
}
