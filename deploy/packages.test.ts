import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeAudit } from './audit.mjs';
import { ROOT } from './child.mjs';

/** What is installed is what was reviewed, and runs nothing of its own. */
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const lockfile = JSON.parse(read('package-lock.json'));
const packages = Object.entries<Locked>(lockfile.packages).filter(([path]) => path !== '');

interface Locked {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  hasInstallScript?: boolean;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

test('every entry of the lockfile has an exact version and a SHA-512 of its package, and comes from the registry', () => {
  expect(lockfile.lockfileVersion).toBe(3);
  expect(packages.length).toBeGreaterThan(100);
  for (const [path, { version, integrity, resolved = 'https:', link }] of packages) {
    expect(version, path).toMatch(/^\d+\.\d+\.\d+/);
    expect(integrity, path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
    // Not from a folder, a repository or an address without TLS.
    expect([resolved.startsWith('https:'), link], path).toEqual([true, undefined]);
  }
});

test('the lockfile is that of package.json', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  expect(lockfile.packages['']).toMatchObject({ dependencies, devDependencies });
});

test('no package runs a script when it is installed, by whatever command of ours', () => {
  expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    ...{ cwd: ROOT, encoding: 'utf8' },
  }).split('\n');
  const commands = files.filter((file) => /^(deploy|e2e|\.ci)\/[^/]*$/.test(file) && !file.endsWith('.test.ts'));
  const installing = commands.flatMap((file) => read(file).match(/.*(?:RUN npm|^# `npm|'ci',).*/gm) ?? []);
  expect(installing.length).toBeGreaterThan(2);
  for (const line of installing) expect(line).toContain('--ignore-scripts');
});

test('every package that would run one, is native or is unmaintained is in docs/dependencies.md, with why it stays', () => {
  const documented = read('docs/dependencies.md');
  const [, section = ''] = documented.split('## Native, with install scripts, or unmaintained');
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
  expect(scripted.length).toBeGreaterThan(0);
  for (const name of scripted) expect(section, name).toContain(`| ${name} `);
  for (const name of ['@roamhq/wrtc', 'simple-peer', 'comlink']) expect(section, name).toContain(`| ${name} `);
});

test('high and critical advisories about production packages fail the check, lesser ones are told', () => {
  const found = (severity: string) => ({ severity, via: [{ title: `a ${severity} one` }, 'other'] });
  const report = (vulnerabilities: object) =>
    `npm warn x\n${JSON.stringify({ auditReportVersion: 2, vulnerabilities })}\n`;
  expect(judgeAudit(report({}))).toEqual({ problems: '', note: '' });
  expect(judgeAudit(report({ a: found('moderate') }))).toEqual({
    problems: '',
    note: 'lesser advisories:\na (moderate): a moderate one; through other',
  });
  expect(judgeAudit(report({ a: found('low'), b: found('high'), c: found('critical') })).problems).toMatch(
    /^b \(high\): a high one; through other\nc \(critical\)/,
  );
});

test.each([
  '',
  'npm error audit',
  '{"message":"request failed","error":{"code":"ENOTFOUND"}}',
  '{"vulnerabilities":7}',
])('where no registry answers (%s) the check is skipped with a sentence', (output) => {
  expect(judgeAudit(output)).toEqual({ problems: '', note: expect.stringMatching(/^skipped: no registry/) });
});
