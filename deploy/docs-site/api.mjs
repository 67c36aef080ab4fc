import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, runChild } from '../child.mjs';
import { hasCode, SetupError } from '../failure.mjs';

// The pages about the SDK's types: TypeDoc reads them from the sources and writes Markdown, which becomes pages as the documents do. That takes some
// seconds, so the result is kept until one of the files that declare these types changes.

/** The entries of the packed SDK. */
const ENTRIES = [
  'web/sdk/p2c2r.ts',
  'web/frameworks/react.ts',
  'web/frameworks/preact.ts',
  'web/frameworks/element.ts',
];
/** What the result depends on besides. */
const SETTINGS = ['package-lock.json', 'tsconfig.json', 'deploy/docs-site/api.mjs', 'deploy/docs-site/tsconfig.json'];
const CACHE = join(ROOT, '.build');
/** In the cache: what the pages that are kept were made of. */
const MADE_OF = join(CACHE, 'api-docs.json');
const KEPT = /^api-docs-[0-9a-f]{16}$/;
const HASH_DIGITS = 16;
/** A folder that was last used less than this ago may still be read by the build that used it. */
const MIN_AGE_MS = 3_600_000;

/**
 * @typedef {object} MadeOf
 * @property {string[]} files relative to the checkout, with `/`
 * @property {string} hash of their contents
 */

/**
 * Returns a folder with one Markdown file for each type, function and class that the SDK exports, and `index.md`.
 * @throws {SetupError} when TypeDoc fails
 */
export async function ensureApiDocs() {
  const kept = await keptDocs();
  if (kept) return kept;
  // A process of its own: it works while the pages are built.
  const { code, output } = await runChild(process.execPath, [fileURLToPath(import.meta.url)], { quiet: true });
  const made = code === 0 ? await keptDocs() : null;
  if (made) return made;
  throw new SetupError(
    `${output.trim()}\n\nThe pages about the SDK's types could not be made; the output above says why.`,
  );
}

/** The folder of what was made of the files as they are now; null if there is none. */
async function keptDocs() {
  try {
    /** @type {MadeOf} */
    const { files, hash } = JSON.parse(await readFile(MADE_OF, 'utf8'));
    if (hash !== (await hashOf(files))) return null;
    const folder = join(CACHE, `api-docs-${hash}`);
    // It is in use again: a build of other files must not delete it as old.
    const now = new Date();
    await utimes(folder, now, now);
    return folder;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
}

/** @param {readonly string[]} files */
async function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(await readFile(join(ROOT, file)))
      .update('\0');
  return hash.digest('hex').slice(0, HASH_DIGITS);
}

/** Runs TypeDoc, and keeps what it writes in place of what was kept. */
async function makeApiDocs() {
  const unfinished = join(CACHE, `unfinished-api-docs-${process.pid}`);
  try {
    const files = await writeApiDocs(unfinished);
    const hash = await hashOf(files);
    const name = `api-docs-${hash}`;
    await rename(unfinished, join(CACHE, name)).catch((cause) => {
      // Another process was first, with the same.
      if (!hasCode(cause, 'ENOTEMPTY') && !hasCode(cause, 'EEXIST')) throw cause;
    });
    const list = `${unfinished}.json`;
    await writeFile(list, JSON.stringify({ files, hash }));
    await rename(list, MADE_OF);
    const old = (await readdir(CACHE)).filter((other) => KEPT.test(other) && other !== name);
    for (const other of old) {
      const folder = join(CACHE, other);
      const { mtimeMs } = await stat(folder);
      if (Date.now() - mtimeMs > MIN_AGE_MS) await rm(folder, { recursive: true, force: true });
    }
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>} the files that it depends on, relative to the checkout
 */
async function writeApiDocs(folder) {
  const { Application, ReflectionKind } = await import('typedoc');
  const app = await Application.bootstrapWithPlugins({
    entryPoints: ENTRIES.map((entry) => join(ROOT, entry)),
    // One that names the entries alone: the checkout's would have TypeDoc read all tests.
    tsconfig: join(ROOT, 'deploy/docs-site/tsconfig.json'),
    ...{ plugin: ['typedoc-plugin-markdown'], out: folder },
    name: 'Types of the SDK',
    readme: 'none',
    // `npm run check` checks the types; here they are only read.
    skipErrorChecking: true,
    ...{ disableSources: true, excludeInternal: true, excludePrivate: true, excludeExternals: true },
    // The SDK's own types name some that it does not export, which are told where they are used.
    validation: false,
    logLevel: 'Error',
    // Options of typedoc-plugin-markdown.
    ...{ router: 'member', entryFileName: 'index', hidePageHeader: true, useCodeBlocks: true },
    ...{ parametersFormat: 'table', interfacePropertiesFormat: 'table', typeDeclarationFormat: 'table' },
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read the types of the SDK.');
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('TypeDoc could not write the pages.');
  const declaring = project.getReflectionsByKind(ReflectionKind.All).flatMap((reflection) => {
    const symbol = project.getSymbolIdFromReflection(reflection);
    return symbol && symbol.packageName === project.packageName ? [symbol.packagePath] : [];
  });
  return [...new Set([...ENTRIES, ...declaring, ...SETTINGS])].sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await makeApiDocs();
