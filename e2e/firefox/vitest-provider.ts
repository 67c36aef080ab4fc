import type { BrowserProvider, BrowserProviderInitializationOptions, TestProject } from 'vitest/node';
import { Firefox, type FirefoxPage } from './browser.ts';

/**
 * Lets Vitest open its pages in Debian's Firefox by WebDriver BiDi. Its own providers need Playwright's build of Firefox or geckodriver, neither of which
 * a package registry has.
 */
export default class FirefoxProvider implements BrowserProvider {
  readonly name = 'firefox-bidi';
  readonly supportsParallelism = false;
  #firefox: Promise<Firefox> | null = null;
  readonly #pages = new Map<string, FirefoxPage>();

  getSupportedBrowsers(): readonly string[] {
    return ['firefox'];
  }

  initialize(_project: TestProject, _options: BrowserProviderInitializationOptions): void {}

  /** Tests that drive the browser from outside, by Vitest's commands, run in Chromium only. */
  getCommandsContext(): Record<string, unknown> {
    return {};
  }

  async openPage(sessionId: string, url: string, beforeNavigate?: () => Promise<void>): Promise<void> {
    this.#firefox ??= Firefox.launch();
    const firefox = await this.#firefox;
    await this.#pages.get(sessionId)?.close();
    const page = await firefox.newPage();
    this.#pages.set(sessionId, page);
    await beforeNavigate?.();
    await page.goto(url);
  }

  async close(): Promise<void> {
    const firefox = await this.#firefox;
    this.#firefox = null;
    this.#pages.clear();
    await firefox?.close();
  }
}
