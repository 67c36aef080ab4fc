import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './child.mjs';

/** Programs by the npm script that runs them. */
const scripts: Record<string, string> = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;

/** They build before they know: what `--help` prints is the server's, and the benchmark's own. */
const BUILT_FIRST = ['start', 'bench'];

describe.each(Object.entries(scripts).filter(([name]) => !BUILT_FIRST.includes(name)))(
  'npm run %s',
  (name, command) => {
    const [program = '', file = '', ...args] = command.split(' ');
    const call = name === 'test' ? 'npm test' : `npm run ${name}`;

    test('says how it is called for --help, and does nothing', () => {
      expect(program).toBe('node');
      const output = execFileSync(process.execPath, [file, ...args, '--help'], { cwd: ROOT, encoding: 'utf8' });
      expect(output).toContain(call);
      expect(output).not.toMatch(/Building|Installing/);
    });

    test('refuses an option that it does not have', () => {
      const run = () =>
        execFileSync(process.execPath, [file, ...args, '--no-such-option'], { cwd: ROOT, stdio: 'pipe' });
      expect(run).toThrow();
    });
  },
);
