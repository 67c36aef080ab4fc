import { join } from 'node:path';
import { ROOT, runChild } from './child.mjs';
import { runCommand, SetupError } from './failure.mjs';
import { checkImports, tryImportRules } from './import-rules.mjs';
import { ensureInstalled } from './install.mjs';

/**
 * @typedef {readonly [name: string, run: () => Promise<string>]} Step which gives back what is wrong; empty: nothing
 */

/** @type {readonly Step[]} */
const STEPS = [
  ['style (biome)', () => tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings')],
  ['types of the pages (tsc)', () => tool('typescript/bin/tsc', '-p', 'tsconfig.json')],
  ['types of the server and the tools (tsc)', () => tool('typescript/bin/tsc', '-p', 'tsconfig.node.json')],
  ['the import rules refuse what they should', tryImportRules],
  ['imports (dependency-cruiser)', checkImports],
];

await runCommand(async () => {
  await ensureInstalled();
  for (const [name, run] of STEPS) {
    const startedAtMs = Date.now();
    const trouble = await run();
    const tookS = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
    if (trouble) throw new SetupError(`${trouble.trim()}\n\nCheck failed: ${name} (${tookS} s)`);
    console.log(`ok  ${name} (${tookS} s)`);
  }
});

/**
 * @param {string} script inside node_modules
 * @param {readonly string[]} args
 * @returns {Promise<string>} what it says when it is not content
 */
async function tool(script, ...args) {
  const { code, output } = await runChild(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
    quiet: true,
  });
  return code === 0 ? '' : output || `it ended with code ${code}`;
}
