import { join } from 'node:path';
import { auditPackages } from './audit.mjs';
import { ROOT, runChild } from './child.mjs';
import { runCommand, SetupError } from './failure.mjs';
import { checkImports, tryImportRules } from './import-rules.mjs';
import { ensureInstalled } from './install.mjs';

/**
 * @typedef {readonly [name: string, run: () => Promise<string>]} Step `run` returns the problems found, or an empty string
 */

/** The longest first. @type {readonly Step[]} */
const STEPS = [
  ['types of server and tools (tsc)', () => tool('typescript/bin/tsc', '-p', 'tsconfig.node.json')],
  ['types of the pages (tsc)', () => tool('typescript/bin/tsc', '-p', 'tsconfig.json')],
  ['format and lint (biome)', () => tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings')],
  ['import rules reject what they should', tryImportRules],
  ['imports (dependency-cruiser)', checkImports],
  ['advisories about production packages (npm audit)', audit],
];

/** Steps that run at the same time: most use one core for most of their time. */
const PARALLEL = 2;

const USAGE = `npm run check

Checks format, lint, types, import rules and the packages of a production server.`;

await runCommand(async () => {
  await ensureInstalled();
  const left = [...STEPS];
  /** @type {string[]} */
  const failures = [];
  const runSteps = async () => {
    for (let step = left.shift(); step; step = left.shift()) {
      const [name, run] = step;
      const startedAtMs = Date.now();
      const problems = await run();
      const tookS = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
      if (problems) failures.push(`${problems.trim()}\n\nCheck failed: ${name} (${tookS} s)`);
      else console.log(`ok  ${name} (${tookS} s)`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, runSteps));
  if (failures.length > 0) throw new SetupError(failures.join('\n\n'));
}, USAGE);

/** Advisories appear without any change of ours, so what is not known to be dangerous does not fail the check. */
async function audit() {
  const { problems, note } = await auditPackages();
  if (note) console.log(note);
  return problems;
}

/**
 * @param {string} script inside node_modules
 * @param {readonly string[]} args
 * @returns {Promise<string>} its output when it fails, otherwise an empty string
 */
async function tool(script, ...args) {
  const { code, output } = await runChild(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
    quiet: true,
  });
  return code === 0 ? '' : output || `${script} ended with code ${code}`;
}
