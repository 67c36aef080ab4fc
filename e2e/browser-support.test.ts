// Protects: what the documents say of browsers is what tests found, and no wish.
import { expect, test } from 'vitest';
import {
  checkDocuments,
  detailedTable,
  type Finding,
  findingsIn,
  merged,
  recordedSupport,
  shortTable,
} from './browser-support.mjs';

function finding(feature: string, given: Partial<Finding> = {}): Finding {
  return { browser: 'Firefox', role: 'streams', feature, found: 'works', test: 'a test', ...given };
}

const spec = (title: string, status: string, description: string) => ({
  title,
  tests: [{ status, results: [], annotations: [{ type: 'support', description }, { type: 'figures' }] }],
});

test('a test that passes shows what it says, one that fails the contrary, and one that is skipped nothing', () => {
  const specs = [
    spec('vp8', 'expected', 'Firefox | streams | VP8 | works'),
    spec('h264', 'expected', 'Firefox | streams | H.264 | fails: the browser does not encode it'),
    spec('vp9', 'unexpected', 'Firefox | streams | VP9 | works'),
    spec('av1', 'skipped', 'Firefox | streams | AV1 | works'),
  ];
  expect(findingsIn({ suites: [{ specs: [], suites: [{ specs }] }] })).toEqual([
    finding('VP8', { test: 'vp8' }),
    finding('H.264', { test: 'h264', found: 'fails: the browser does not encode it' }),
    finding('VP9', { test: 'vp9', found: 'fails' }),
  ]);
});

test('what was found now replaces what was recorded, and of several tests of one thing the worst counts', () => {
  const old = {
    versions: { Firefox: '140', Chromium: '150' },
    findings: [finding('VP8', { found: 'fails' }), finding('AV1')],
  };
  const now = [finding('VP9'), finding('VP8'), finding('VP9', { found: 'fails' }), finding('VP9')];
  expect(merged(old, now, { Firefox: '153', WebKitGTK: '2.50' })).toEqual({
    // No test ran in WebKitGTK.
    versions: { Firefox: '153', Chromium: '150' },
    findings: [finding('VP8'), finding('VP9', { found: 'fails' }), finding('AV1')],
  });
});

test('tables name what was not tested, and sum up a role', () => {
  const all = ['VP8', 'VP9', 'AV1'].map((codec) => finding(codec));
  const support = {
    versions: { Firefox: '153' },
    findings: [...all, finding('H.264', { found: 'fails: the browser does not encode it' })],
  };
  expect(detailedTable(support)).toContain('|  | Chromium | Firefox 153 | WebKitGTK |');
  expect(detailedTable(support)).toContain(
    '| streams: H.264 | not tested | fails: the browser does not encode it | not tested |',
  );
  expect(shortTable(support)).toContain(
    '| streams | not tested | VP8, VP9, AV1, H.264 fails: the browser does not encode it | not tested |',
  );
  const whole = { ...support, findings: [...all, finding('H.264')] };
  expect(shortTable(whole)).toContain('| streams | not tested | all works | not tested |');
});

test('the tables in the documents are those of the recorded findings', async () => {
  for (const { file, isRight } of await checkDocuments()) {
    expect(isRight, `The table in ${file} is not what was recorded: run the tests with --record.`).toBe(true);
  }
});

test('every browser with findings has a version', async () => {
  const { versions, findings } = await recordedSupport();
  expect(Object.keys(versions).sort()).toEqual([...new Set(findings.map(({ browser }) => browser))].sort());
});
