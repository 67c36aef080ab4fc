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

/** The same from within a test, which learns only there what is so. */
export function found(...finding: Parameters<typeof supports>): void {
  test.info().annotations.push(supports(...finding));
}
