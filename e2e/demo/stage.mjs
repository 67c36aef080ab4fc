import { chromium, errors } from 'playwright';
import { SetupError } from '../../deploy/failure.mjs';
import { launchOptions } from '../launch.mjs';
import { comparePictures } from './compare-pictures.mjs';

/** Generous: a software GPU on two busy cores is slow. */
const PATIENCE_MS = 60_000;
const LINE_INTERVAL_MS = 1_000;

/** A gamer's and a volunteer's page in one headless browser, used as people would. */
export class Stage {
  /**
   * @param {import('playwright').Browser} browser
   * @param {import('playwright').Page} gamer
   * @param {import('playwright').Page} volunteer
   */
  constructor(browser, gamer, volunteer) {
    this.browser = browser;
    this.gamer = gamer;
    this.volunteer = volunteer;
  }

  /** @param {string} url the server's */
  static async open(url) {
    const browser = await chromium.launch(await launchOptions());
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    context.setDefaultTimeout(PATIENCE_MS);
    const gamer = await context.newPage();
    await gamer.goto(new URL('/gamer?mode=compare', url).href);
    await gamer.getByTestId('details').getByText('Details', { exact: true }).click();
    return new Stage(browser, gamer, await context.newPage());
  }

  /** Follows the invite and presses Start. Returns the volunteer's own description of its machine. */
  async startVolunteer() {
    const invite = await this.gamer.getByRole('textbox', { name: 'Invite link' }).inputValue();
    await this.volunteer.goto(invite);
    await this.volunteer.getByTestId('start').click();
    await this.gamer.locator('.volunteers__entry').waitFor();
    await this.gamer.getByTestId('where').getByRole('radio', { name: 'Volunteers' }).check();
    return this.#text('.volunteers__facts');
  }

  /**
   * Waits until the gamer sees a frame that the volunteer upscaled.
   * @throws {SetupError} when none comes
   */
  async firstFrame() {
    try {
      await this.volunteer.waitForFunction(
        () => Number(document.querySelector('[data-testid=frames]')?.textContent ?? 0) > 0,
      );
      await this.gamer.waitForFunction(() => {
        const fps = document.querySelector('[data-testid=fps]')?.textContent ?? '';
        return Number(fps) > 0;
      });
    } catch (cause) {
      if (!(cause instanceof errors.TimeoutError)) throw cause;
      throw await this.#withoutFrames(PATIENCE_MS);
    }
  }

  /**
   * @param {number} durationMs
   * @param {(line: string) => void} say prints the current figures, once a second
   * @returns {Promise<Record<string, string>>} the figures that the two pages show
   * @throws {SetupError} when no frame was shown
   */
  async watch(durationMs, say) {
    const before = await this.#framesShown();
    const startedMs = performance.now();
    while (performance.now() - startedMs < durationMs) {
      await this.gamer.waitForTimeout(LINE_INTERVAL_MS);
      const seconds = String(Math.round((performance.now() - startedMs) / 1_000)).padStart(3);
      say(
        `${seconds} s  ${await this.#figure('fps')} fps  ${await this.#figure('latency')} ms  by ${await this.#figure('helpers')}`,
      );
    }
    const frames = (await this.#framesShown()) - before;
    // Also NaN, while the page shows a dash.
    if (!(frames > 0)) throw await this.#withoutFrames(durationMs);
    const [p50 = '', p95 = ''] = (await this.#figure('latency')).split(' / ');
    return {
      frames: String(frames),
      fps: ((1_000 * frames) / (performance.now() - startedMs)).toFixed(1),
      'latency p50': `${p50} ms`,
      'latency p95': `${p95} ms`,
      backend: (await this.#text('.volunteers__facts')).split(' · ')[0] ?? '',
      'sharpened by': await this.#figure('helpers'),
      'frames sharpened': await this.#figure('sharpened'),
    };
  }

  /** Pauses the game, so that the last frame is shown with all of its detail, and compares it before and after. */
  async beforeAndAfter() {
    await this.gamer.getByRole('application').press('p');
    await this.#standStill();
    const { dataUrl, sharpness } = await this.gamer.evaluate(comparePictures);
    return { picture: Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64'), sharpness };
  }

  async close() {
    await this.browser.close();
  }

  /** Waits until no frame came for a while: then the last upscaled frame is the last one drawn. */
  async #standStill() {
    for (let last = -1, now = await this.#framesShown(); now !== last; ) {
      last = now;
      await this.gamer.waitForTimeout(3 * LINE_INTERVAL_MS);
      now = await this.#framesShown();
    }
  }

  /** @param {number} waitedMs */
  async #withoutFrames(waitedMs) {
    const state = await this.#text('[data-testid=status]');
    return new SetupError(
      `No frame was sharpened in ${Math.round(waitedMs / 1_000)} s, so there is nothing to measure. The page says: "${state}" ` +
        'Without a GPU this machine may be too busy: end other programs, then run this again.',
    );
  }

  /** @param {string} testId */
  async #figure(testId) {
    return (await this.gamer.getByTestId(testId).textContent()) ?? '';
  }

  /** @param {string} selector */
  async #text(selector) {
    return (await this.gamer.locator(selector).first().textContent()) ?? '';
  }

  async #framesShown() {
    return Number.parseInt((await this.#figure('frames')).replaceAll(/[^\d ]/g, ''), 10);
  }
}
