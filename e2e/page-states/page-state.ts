import type { BrowserContext, Page } from 'playwright/test';

/** How a page is looked at: in one of its two themes, or in the few colours that a person chose in Windows. */
export type Look = 'light' | 'dark' | 'forced';

/** Where a state is made. */
export interface Stage {
  context: BrowserContext;
  serverUrl: string;
}

/** One of the pages, as a person may find it. */
export interface PageState {
  /** Unique; also the name of its pictures. */
  name: string;
  /** What to look at, for whoever leafs through the pictures. */
  about: string;
  /** In which looks pictures are taken. Tests look at every state in both themes. Default: both themes. */
  looks?: readonly Look[];
  /** Rules of axe that do not hold here, with the reason beside the state. */
  exceptions?: readonly string[];
  /** Leads a new page there. */
  open(stage: Stage): Promise<Page>;
}

/** Pages as they are seen: on a desk, on a small notebook, on a phone held upright. */
export const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
] as const;

/** Has the page shown as its system asks for; the page's own switch stands on Auto. */
export async function lookAt(page: Page, look: Look): Promise<void> {
  await page.emulateMedia({
    colorScheme: look === 'light' ? 'light' : 'dark',
    forcedColors: look === 'forced' ? 'active' : 'none',
    reducedMotion: 'reduce',
  });
}

/** A page of the server in a new tab. */
export async function openPage({ context, serverUrl }: Stage, path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(new URL(path, serverUrl).href);
  return page;
}

/** Sum of the scores of all unexpected layout shifts since the page was opened (https://web.dev/articles/cls). */
export function layoutShiftOf(page: Page): Promise<number> {
  return page.evaluate(() => window.layoutShift);
}

/** What moved, for the message of a failed test. */
export function movedElements(page: Page): Promise<string[]> {
  return page.evaluate(() => window.moved);
}

/** Has every page of the context sum up its layout shifts, from its start on. */
export async function watchLayout(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    Object.assign(window, { layoutShift: 0, moved: [] });
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as LayoutShift[]) {
        if (entry.hadRecentInput) continue;
        window.layoutShift += entry.value;
        const names = entry.sources.map(({ node }) =>
          node instanceof Element ? node.outerHTML : (node?.textContent ?? ''),
        );
        window.moved.push(...names.map((name) => `${entry.value.toFixed(4)} ${name.slice(0, 80)}`));
      }
    });
    observer.observe({ type: 'layout-shift', buffered: true });
  });
}

/** TypeScript's DOM types lack it (https://wicg.github.io/layout-instability/). */
interface LayoutShift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  sources: readonly { node: Node | null }[];
}

declare global {
  interface Window {
    layoutShift: number;
    moved: string[];
  }
}
