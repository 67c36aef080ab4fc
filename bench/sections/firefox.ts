import { Firefox } from '../../e2e/firefox/browser.ts';
import type { BrowserName } from '../../e2e/firefox/fixtures.ts';
import type { Section } from '../context.ts';
import { mediansInTurn } from '../measuring.ts';
import type * as SourcesPage from '../pages/sources.ts';
import type * as TasksPage from '../pages/tasks.ts';
import type * as VolunteerPage from '../pages/volunteer.ts';
import { figure, type Row } from '../report.ts';

const BROWSERS: readonly BrowserName[] = ['Firefox', 'Chromium'];
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
    const open = async <Module>(name: BrowserName, module: string) => {
      const page = name === 'Firefox' ? await browser.newPage() : await (await site.browser.newContext()).newPage();
      context.defer(() => page.close());
      return site.load<Module>(module, page);
    };
    /** Links a volunteer and a gamer; returns what measures their echoes a second. */
    const openPair = async (volunteer: BrowserName, gamer: BrowserName) => {
      const room = `${volunteer} ${gamer}`;
      await (await open<typeof VolunteerPage>(volunteer, 'volunteer')).call('volunteer', { room, backend: 'js' });
      const page = await open<typeof TasksPage>(gamer, 'tasks');
      await page.call('connect', { room });
      return () => page.call('echoesPerS', LOAD);
    };
    const pairs = {
      'Firefox, Firefox': await openPair('Firefox', 'Firefox'),
      'Chromium, Firefox': await openPair('Chromium', 'Firefox'),
      'Firefox, Chromium': await openPair('Firefox', 'Chromium'),
      'Chromium, Chromium': await openPair('Chromium', 'Chromium'),
    };
    const perS = await mediansInTurn(pairs, ROUNDS);
    const beside = perS['Firefox, Firefox'];
    const costs: Row[] = [];
    for (const name of BROWSERS) {
      for (const isCopied of [false, true]) {
        const costMs = await (await open<typeof SourcesPage>(name, 'sources')).call('frameCostMs', { isCopied });
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
