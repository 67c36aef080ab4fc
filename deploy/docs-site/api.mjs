import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, runChild } from '../child.mjs';
import { hasCode, SetupError } from '../failure.mjs';

// The pages about the SDK's types: TypeDoc reads them from the sources and writes Markdown, which becomes pages as the documents do. That takes some
// seconds, so the result is kept until one of the files that declare these types changes.

/** The entries of the packed SDK. */
const ENTRIES = ['web/sdk/p2c2r.ts', 'web/frameworks/react.ts', 'web/frameworks/preact.ts', 'web/frameworks/element.ts'];
/** What the result depends on besides. */
const SETTINGS = ['package-lock.json', 'deploy/docs-site/api.mjs'];
const CACHE = join(ROOT, '.build/api-docs');
/** In the cache: what the pages were made of. */
const MADE_OF = 'made-of.json';

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
  if (await isFresh()) return CACHE;
  // A process of its own: it works while the pages are built.
  const unfinished = join(ROOT, '.build', `unfinished-api-docs-${process.pid}`);
  try {
    const { code, output } = await runChild(process.execPath, [import.meta.filename, unfinished], { quiet: true });
    if (code !== 0) throw new SetupError(`${output.trim()}\n\nThe API pages could not be made; the output above says why.`);
    await putInPlace(unfinished);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return CACHE;
}

/** @param {string} unfinished */
async function putInPlace(unfinished) {
  const old = `${unfinished}-old`;
  try {
    await rename(CACHE, old);
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT')) throw cause;
  }
  await rename(unfinished, CACHE).catch((cause) => {
    // Another process was first, with the same.
    if (!hasCode(cause, 'ENOTEMPTY') && !hasCode(cause, 'EEXIST')) throw cause;
  });
  await rm(old, { recursive: true, force: true });
}

async function isFresh() {
  try {
    /** @type {MadeOf} */
    const { files, hash } = JSON.parse(await readFile(join(CACHE, MADE_OF), 'utf8'));
    return hash === (await hashOf(files));
  } catch (cause) {
    // There is none, or a file that it was made of is gone.
    if (hasCode(cause, 'ENOENT')) return false;
    throw cause;
  }
}

/** @param {readonly string[]} files */
async function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(await readFile(join(ROOT, file))).update('\0');
  return hash.digest('hex');
}

/**
 * Runs TypeDoc.
 * @param {string} folder
 */
async function writeApiDocs(folder) {
  const { Application, ReflectionKind } = await import('typedoc');
  const app = await Application.bootstrapWithPlugins({
    ...{ entryPoints: ENTRIES.map((entry) => join(ROOT, entry)), tsconfig: join(ROOT, 'tsconfig.json') },
    plugin: ['typedoc-plugin-markdown'],
    name: 'Types of the SDK',
    readme: 'none',
    // `npm run check` checks the types; here they are only read.
    skipErrorChecking: true,
    ...{ disableSources: true, excludeInternal: true, excludePrivate: true, excludeExternals: true },
    // Types that the SDK names and does not export are told where they are used.
    validation: false,
    logLevel: 'Error',
    // Options of typedoc-plugin-markdown.
    ...{ router: 'member', entryFileName: 'index', hidePageHeader: true, hideBreadcrumbs: true, useCodeBlocks: true },
    ...{ parametersFormat: 'table', interfacePropertiesFormat: 'table', typeDeclarationFormat: 'table' },
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read the types of the SDK.');
  await app.generateDocs(project, folder);
  if (app.logger.hasErrors()) throw new Error('TypeDoc could not write the pages.');
  const declaring = project
    .getReflectionsByKind(ReflectionKind.All)
    .flatMap((reflection) => project.getSymbolFromReflection(reflection)?.declarations ?? [])
    .map((declaration) => relative(ROOT, declaration.getSourceFile().fileName).split(sep).join('/'));
  const own = declaring.filter((file) => !file.startsWith('..') && !file.startsWith('node_modules/'));
  const files = [...new Set([...ENTRIES, ...own, ...SETTINGS])].sort();
  await writeFile(join(folder, MADE_OF), JSON.stringify({ files, hash: await hashOf(files) }));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , folder] = process.argv;
  if (!folder) throw new Error('Say which folder to write into.');
  await mkdir(folder, { recursive: true });
  await writeApiDocs(folder);
}
