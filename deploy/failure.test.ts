import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ROOT } from './child.mjs';

const start = promisify(execFile);

/** Programs by the npm script that runs them. */
const scripts: Record<string, string> = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;

/** They build before they know: what `--help` prints is the server's, and the benchmark's own. */
const BUILT_FIRST = ['start', 'bench'];
const commands = Object.entries(scripts).filter(([name]) => !BUILT_FIRST.includes(name));

/** Each is a process of its own that mostly waits for its files. */
describe.concurrent.each(commands)('npm run %s', (name, command) => {
  const [program = '', file = '', ...args] = command.split(' ');
  const run = (option: string) => start(process.execPath, [file, ...args, option], { cwd: ROOT });

  test('says how it is called for --help, and does nothing', async () => {
    expect(program).toBe('node');
    const { stdout } = await run('--help');
    expect(stdout).toContain(name === 'test' ? 'npm test' : `npm run ${name}`);
    expect(stdout).not.toMatch(/Building|Installing/);
  });

  test('refuses an option that it does not have', async () => {
    await expect(run('--no-such-option')).rejects.toMatchObject({ code: 1 });
  });
});
