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
