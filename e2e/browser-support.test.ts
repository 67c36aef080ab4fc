// Protects: what the documents say of browsers is what tests found, and no wish.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../deploy/child.mjs';
import {
  cellsOf,
  checkDocuments,
  detailedTable,
  type Finding,
  findingsIn,
  merged,
  outcomeOf,
  recordedSupport,
  shortTable,
} from './browser-support.mjs';

function finding(feature: string, given: Partial<Finding> = {}): Finding {
  return { browser: 'Firefox', role: 'streams', feature, found: 'works', test: 'a test', ...given };
}

const spec = (title: string, status: string, ...said: string[]) => ({
  title,
  tests: [
    {
      status,
      results: [{ duration: 1, status: status === 'unexpected' ? 'failed' : 'passed' }],
      annotations: [...said.map((description) => ({ type: 'support', description })), { type: 'figures' }],
    },
  ],
});

const outcomeOfSpecs = (...specs: unknown[]) => outcomeOf({ suites: [{ specs: [], suites: [{ specs }] }] });

/** What is recorded of these, beside nothing. */
const recorded = (...findings: Finding[]) => ({ cells: cellsOf(findings) });

/** Of merging, in the table: what was found of a feature, and with which versions. */
const words = ({ cells }: ReturnType<typeof recorded>) =>
  cells.map(({ feature, found, versions }) => [feature, found, ...versions].join(' '));

test('a test that passes shows what it says, one that fails the contrary, and one that is skipped nothing', () => {
  const { findings, skippedIn } = outcomeOfSpecs(
    spec('vp8', 'expected', 'Firefox | streams | VP8 | works'),
    spec('h264', 'expected', 'Firefox | streams | H.264 | left out'),
    spec('vp9', 'unexpected', 'Firefox | streams | VP9 | works'),
    spec('av1', 'skipped', 'WebKitGTK | streams | AV1 | works'),
  );
  expect(findings).toEqual([
    finding('VP8', { test: 'vp8' }),
    finding('H.264', { test: 'h264', found: 'left out' }),
    finding('VP9', { test: 'vp9', found: 'fails' }),
  ]);
  expect(skippedIn).toEqual(['WebKitGTK']);
});

test('what a test learns takes the place of what it announced, and where it could not tell nothing is found', () => {
  const announced = 'Firefox | streams | VP9 | works';
  const { findings } = outcomeOfSpecs(
    spec('learns', 'expected', announced, 'Firefox | streams | VP9 | left out'),
    spec('cannot tell', 'expected', announced, 'Firefox | streams | VP9 | unclear'),
    spec('fails before it learns', 'unexpected', announced),
  );
  expect(findings.map(({ test, found }) => [test, found])).toEqual([
    ['learns', 'left out'],
    ['fails before it learns', 'fails'],
  ]);
});

test('a test that failed before it said what it shows does not stay recorded as working', () => {
  const outcome = outcomeOfSpecs(spec('vp9', 'unexpected'), spec('vp8', 'expected'));
  expect(outcome.silent).toEqual(['vp9']);
  const old = recorded(finding('VP9', { test: 'vp9' }), finding('VP8', { test: 'vp8' }));
  expect(words(merged(old, outcome, {}))).toEqual(['VP8 works']);
});

test('a test that ran out of time shows nothing, and leaves what was recorded', () => {
  const late = { ...spec('vp9', 'unexpected', 'Firefox | streams | VP9 | works') };
  for (const { results } of late.tests) results.push({ duration: 120_000, status: 'timedOut' });
  const outcome = outcomeOfSpecs(late);
  expect([outcome.findings, outcome.silent, outcome.timedOut]).toEqual([[], [], ['vp9']]);
  expect(words(merged(recorded(finding('VP9', { test: 'vp9' })), outcome, {}))).toEqual(['VP9 works']);
});

test.each([
  [['works', 'left out', 'fails'], 'fails'],
  [['fails', 'works', 'left out'], 'fails'],
  [['left out', 'works'], 'left out'],
  [['works', 'left out'], 'left out'],
])('of several tests of one thing, and of runs of one test, the worst counts: %s', (all, worst) => {
  const tests = all.map((found, index) => finding('VP9', { found, test: `test ${index}` }));
  const runs = all.map((found) => finding('VP9', { found }));
  expect([words(recorded(...tests)), words(recorded(...runs))]).toEqual([[`VP9 ${worst}`], [`VP9 ${worst}`]]);
});

test('a run of one of the tests of a thing leaves what the others found', () => {
  const old = recorded(finding('VP9', { found: 'fails', test: 'one' }), finding('VP9', { test: 'another' }));
  const passing = (test: string) => ({ findings: [finding('VP9', { test })], silent: [] });
  expect(words(merged(old, passing('another'), {}))).toEqual(['VP9 fails']);
  expect(words(merged(old, passing('one'), {}))).toEqual(['VP9 works']);
});

test('what was found with another version keeps that version', () => {
  const old = recorded(finding('VP8', { version: '140.0' }), finding('VP9', { version: '140.0' }));
  const now = { findings: [finding('VP9')], silent: [] };
  const mixed = merged(old, now, { Firefox: '153.0' });
  expect(words(mixed)).toEqual(['VP8 works 140.0', 'VP9 works 153.0']);
  expect(detailedTable(mixed)).toContain('|  | Chromium | Firefox | WebKitGTK |');
  expect(detailedTable(mixed)).toContain('| streams: VP8 | not tested | works (140.0) | not tested |');
  expect(shortTable(mixed)).toContain('| VP8 (140.0), VP9 (153.0) |');
  // A version that is not known does not hide one that is.
  expect(detailedTable(merged(old, now, {}))).toContain('|  | Chromium | Firefox 140.0 | WebKitGTK |');
  expect(detailedTable(merged(old, now, { Firefox: undefined }))).toContain('| Firefox 140.0 |');
});

test('tables name what was not tested, and sum up a role', () => {
  const all = ['VP8', 'VP9', 'AV1'].map((codec) => finding(codec, { version: '153' }));
  const support = recorded(...all, finding('H.264', { found: 'left out' }));
  expect(detailedTable(support)).toContain('|  | Chromium | Firefox 153 | WebKitGTK |');
  expect(detailedTable(support)).toContain('| streams: H.264 | not tested | left out | not tested |');
  expect(shortTable(support)).toContain('| streams | not tested | VP8, VP9, AV1, H.264 left out | not tested |');
  const whole = recorded(...all, finding('H.264'));
  expect(shortTable(whole)).toContain('| streams | not tested | all works | not tested |');
});

test('the tables in the documents are those of the recorded findings', async () => {
  for (const { file, isRight } of await checkDocuments()) {
    expect(isRight, `The table in ${file} is not what was recorded: run the tests with --record.`).toBe(true);
  }
});

test('the record sums its tests up right, and knows the version of each', async () => {
  const support = await recordedSupport();
  expect(support.cells).toEqual(cellsOf(findingsIn(support)));
  for (const { test, version } of findingsIn(support)) expect(version, test).toMatch(/^\d+\.\d+$/);
});

test('every recorded test is still there', async () => {
  const files = (await readdir(join(ROOT, 'e2e'), { recursive: true })).filter((file) => file.endsWith('.e2e.ts'));
  const code = (await Promise.all(files.map((file) => readFile(join(ROOT, 'e2e', file), 'utf8')))).join('\n');
  const titles = [...code.matchAll(/\btest\w*\(\s*(['`])(.+?)\1/g)].map(([, , title = '']) => title);
  const patterns = titles.map(
    (title) =>
      new RegExp(
        `^${title
          .split(/\$\{.+?\}/)
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*')}$`,
      ),
  );
  for (const { test } of findingsIn(await recordedSupport())) {
    expect(
      patterns.some((pattern) => pattern.test(test)),
      test,
    ).toBe(true);
  }
});
