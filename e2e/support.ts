import type { BROWSERS, FEATURES } from './browser-support.mjs';
import { SUPPORT } from './browser-support.mjs';
import { test } from './fixtures.ts';

type Roles = typeof FEATURES;

/** What a test shows to work, for the table of docs/browsers.md; a test's `annotation`. */
export function supports<Role extends keyof Roles>(
  browser: (typeof BROWSERS)[number],
  role: Role,
  feature: Roles[Role][number],
  found = 'works',
): { type: string; description: string } {
  return { type: SUPPORT, description: [browser, role, feature, found].join(' | ') };
}

/** What a test learned in place of what its `annotation` announced, without which a failure before this would show nothing. */
export function found(...finding: Parameters<typeof supports>): void {
  const learned = supports(...finding);
  const [browser, role, feature] = finding;
  const { annotations } = test.info();
  const announced = supports(browser, role, feature);
  if (!annotations.some(({ type, description }) => type === announced.type && description === announced.description)) {
    throw new Error('Announce it in the annotation of the test too.');
  }
  annotations.push(learned);
}

/** Every page of the server, by its path. */
export const PAGES = [
  '',
  'gamer',
  'volunteer',
  'check',
  'compare',
  'status',
  'what-volunteers-see',
  'examples/',
] as const;

/** In a page of whichever browser: whether its scripts have put in what only they do, and what is shown is not blank. */
export function hasStarted(): boolean {
  const ofScripts = [...document.querySelectorAll('theme-switch')].every((element) => element.shadowRoot);
  // biome-ignore lint/performance/useDomNodeTextContent: text that is not shown does not count.
  return ofScripts && !document.querySelector('.unstarted') && document.body.innerText.length > 100;
}
