import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../deploy/child.mjs';
import { describeFailures, describeSkipped, playwrightResults, suitesWithoutTests, vitestResults } from './reports.mjs';

/** What the reporter says of one file. */
function file(path: string, ...statuses: string[]) {
  const tests = statuses.map((status) => ({ name: `${path} ${status}`, status, durationMs: 1, messages: [] }));
  return { path, status: statuses.includes('failed') ? 'failed' : 'passed', messages: [], tests };
}

function missingOf(...files: ReturnType<typeof file>[]) {
  return suitesWithoutTests(['unit', 'browser'], vitestResults({ files, unhandledErrors: [] }));
}

test('a joint run of unit and browser tests names the suite of which no test ran', () => {
  expect(missingOf(file('/a/link.test.ts', 'passed'), file('/a/engine.browser.test.ts', 'passed'))).toEqual([]);
  expect(missingOf(file('/a/link.test.ts', 'passed'))).toEqual(['browser']);
  expect(missingOf(file('/a/engine.browser.test.ts', 'passed'))).toEqual(['unit']);
  expect(missingOf()).toEqual(['unit', 'browser']);
});

test('skipped tests did not run, failed ones did', () => {
  expect(missingOf(file('/a/link.test.ts', 'passed'), file('/a/engine.browser.test.ts', 'skipped'))).toEqual([
    'browser',
  ]);
  expect(missingOf(file('/a/link.test.ts', 'failed'), file('/a/engine.browser.test.ts', 'failed'))).toEqual([]);
});

test('only suites that were asked for are missed', () => {
  const results = vitestResults({ files: [file('/a/link.test.ts', 'passed')], unhandledErrors: [] });
  expect(suitesWithoutTests(['unit'], results)).toEqual([]);
  expect(suitesWithoutTests(['unit', 'e2e'], results)).toEqual(['e2e']);
});

test('a file that cannot be loaded counts as a failed test of its suite, and says why', () => {
  const path = `${ROOT}web/engine.browser.test.ts`;
  const broken = { path, status: 'failed', messages: ['no such module'], tests: [] };
  expect(vitestResults({ files: [broken], unhandledErrors: [] })).toEqual([
    {
      name: 'the file itself',
      suite: 'browser',
      file: 'web/engine.browser.test.ts',
      status: 'failed',
      durationMs: 0,
      message: 'no such module',
    },
  ]);
});

test('an error outside the tests of Vitest counts as a failure, and says in which file it was', () => {
  const unhandledErrors = [
    { message: 'Error: nobody waited', path: `${ROOT}web/link.test.ts`, test: 'reconnects' },
    { message: 'Error: who knows where' },
  ];
  expect(describeFailures(vitestResults({ files: [], unhandledErrors }))).toBe(
    [
      '',
      'FAILED  unit: an unhandled error, perhaps of: reconnects',
      '  in web/link.test.ts',
      '  | Error: nobody waited',
      '',
      'FAILED  unit: an unhandled error',
      '  | Error: who knows where',
    ].join('\n'),
  );
});

test('of each failed test the suite, the name, the file and the beginning of the message are repeated', () => {
  const frames = Array.from({ length: 30 }, (_, line) => `    at web/link.ts:${line}`);
  const message = ['AssertionError: expected 1 to be 2', '', '    at node_modules/vitest:1', ...frames].join('\n');
  const failed = { name: 'link reconnects', status: 'failed', durationMs: 1, messages: [message] };
  const passed = { name: 'link closes', status: 'passed', durationMs: 1, messages: [] };
  const files = [{ path: `${ROOT}web/link.test.ts`, status: 'failed', messages: [], tests: [passed, failed] }];
  const lines = describeFailures(vitestResults({ files, unhandledErrors: [] })).split('\n');
  expect(lines.slice(0, 5)).toEqual([
    '',
    'FAILED  unit: link reconnects',
    '  in web/link.test.ts',
    '  | AssertionError: expected 1 to be 2',
    '  |     at web/link.ts:0',
  ]);
  expect(lines).toHaveLength(3 + 12);
});

test('of a failed end-to-end test every error is repeated, without colours, with its place', () => {
  const errors = [
    { message: 'Test timeout of 120000ms exceeded.' },
    { message: '\u001b[31mexpect(locator)\u001b[39m', location: { file: `${ROOT}e2e/gamer-page.ts`, line: 12 } },
  ];
  const spec = {
    title: 'a link is shared',
    file: 'pages.e2e.ts',
    line: 27,
    tests: [{ status: 'unexpected', results: [{ duration: 5, errors }] }],
  };
  const report = { suites: [{ specs: [], suites: [{ specs: [spec] }] }], errors: [{ message: 'no build' }] };
  expect(describeFailures(playwrightResults(report))).toBe(
    [
      '',
      'FAILED  e2e: a link is shared',
      '  in e2e/pages.e2e.ts:27',
      '  | Test timeout of 120000ms exceeded.',
      '  | expect(locator)',
      '  |     at e2e/gamer-page.ts:12',
      '',
      'FAILED  e2e: an error outside any test',
      '  | no build',
    ].join('\n'),
  );
});

test('of a failed end-to-end test it is repeated what its page said', () => {
  const folder = mkdtempSync(join(tmpdir(), 'p2c2r-reports-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'error-context.md');
  const tree = [
    '- main [ref=e1]:',
    '  - link "P2C2R" [ref=e2] [cursor=pointer]:',
    '    - /url: ./',
    '  - status [ref=e3]: Waiting.',
  ];
  writeFileSync(path, ['# Error details', '', '# Page snapshot', '', '```yaml', ...tree, '```'].join('\n'));
  const attachments = [{ name: 'error-context', path }];
  const tests = [{ status: 'unexpected', results: [{ duration: 5, errors: [{ message: 'late' }], attachments }] }];
  const report = { suites: [{ specs: [{ title: 'a link is shared', tests }] }], errors: [] };
  expect(describeFailures(playwrightResults(report)).split('\n').slice(2)).toEqual([
    '  | late',
    '  the page said:',
    '  | - link "P2C2R":',
    '  | - status: Waiting.',
  ]);
});

test('nothing is said of tests that passed or were skipped', () => {
  expect(
    describeFailures(vitestResults({ files: [file('/a/link.test.ts', 'passed', 'skipped')], unhandledErrors: [] })),
  ).toBe('');
});

test('skipped tests are counted, and each reason is named once', () => {
  const skipped = (...reasons: string[]) => ({
    title: 'a page',
    tests: [
      { status: 'skipped', results: [], annotations: reasons.map((description) => ({ type: 'skip', description })) },
    ],
  });
  const specs = [skipped('There is no WebKit.'), skipped('There is no WebKit.'), skipped()];
  const ran = { title: 'ran', tests: [{ status: 'expected', results: [], annotations: [{ type: 'skip' }] }] };
  const results = playwrightResults({ suites: [{ specs: [...specs, ran] }], errors: [] });
  expect(describeSkipped(results)).toEqual(['3 skipped', '  There is no WebKit.']);
  expect(describeSkipped(results.filter(({ status }) => status === 'passed'))).toEqual([]);
});
