import { Firefox } from '../../e2e/firefox/browser.ts';
import type { AnyPage, BrowserName } from '../../e2e/firefox/fixtures.ts';
import type { Context, Section, Site } from '../context.ts';
import { mediansInTurn } from '../measuring.ts';
import { figure, type Row } from '../report.ts';

const ROUNDS = 5;
/** Enough tasks outstanding that the slower end is busy all the time. */
const LOAD = { window: 8, durationMs: 2_000 };
/** A browser of another kind costs at most a fifth of the rate. */
const MIN_SHARE = 0.8;

export const firefox: Section = {
  name: 'firefox',
  about: 'echoes between Firefox and Chromium, and what a frame of a source costs the page; needs firefox-esr',
  onlyWhenNamed: true,
  async run(context) {
    const site = await context.openSite({ modules: ['tasks', 'sources'] });
    const browser = await Firefox.launch({ 'privacy.reduceTimerPrecision': false });
    context.defer(() => browser.close());
    const pairs = {
      'Firefox, Firefox': await openPair(context, site, browser, 'Firefox', 'Firefox'),
      'Chromium, Firefox': await openPair(context, site, browser, 'Chromium', 'Firefox'),
      'Firefox, Chromium': await openPair(context, site, browser, 'Firefox', 'Chromium'),
      'Chromium, Chromium': await openPair(context, site, browser, 'Chromium', 'Chromium'),
    };
    const perS = await mediansInTurn(pairs, ROUNDS);
    const beside = perS['Firefox, Firefox'];
    const costs: Row[] = [];
    for (const name of ['Firefox', 'Chromium'] as const) {
      for (const isCopied of [false, true]) {
        const page = await openPage(context, site, browser, name);
        const costMs = await call(page, 'sources', 'frameCostMs', { isCopied });
        costs.push(
          figure(`a frame of a 720p video on the page: ${name}, ${isCopied ? 'copied' : 'as it is'}`, costMs, 'ms'),
        );
      }
    }
    const echoes = Object.entries(perS).map(([pair, rate]) =>
      figure(
        `echoes of 8 B, volunteer and gamer: ${pair}`,
        rate,
        '/s',
        pair.includes('Chromium, Firefox') ? { atLeast: MIN_SHARE * beside } : {},
      ),
    );
    return [...echoes, ...costs];
  },
};

async function openPage(context: Context, site: Site, firefox: Firefox, browser: BrowserName): Promise<AnyPage> {
  const page: AnyPage & { goto(url: string): Promise<unknown>; close(): Promise<void> } =
    browser === 'Firefox' ? await firefox.newPage() : await (await site.browser.newContext()).newPage();
  context.defer(() => page.close());
  await page.goto(new URL('/healthz', site.url).href);
  return page;
}

/** Calls an export of a module of bench/pages. */
const call = (page: AnyPage, module: string, name: string, options: object): Promise<number> =>
  page.evaluate(async ([url, key, value]) => (await import(url))[key](value), [
    `/bench/${module}.js`,
    name,
    options,
  ] as const);

/** Links a volunteer and a gamer; returns what measures their echoes a second. */
async function openPair(
  context: Context,
  site: Site,
  firefox: Firefox,
  volunteer: BrowserName,
  gamer: BrowserName,
): Promise<() => Promise<number>> {
  const room = `${volunteer} ${gamer}`;
  await call(await openPage(context, site, firefox, volunteer), 'volunteer', 'volunteer', { room, backend: 'js' });
  const page = await openPage(context, site, firefox, gamer);
  await call(page, 'tasks', 'connect', { room });
  return () => call(page, 'tasks', 'echoesPerS', LOAD);
}
