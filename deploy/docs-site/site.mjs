import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { ROOT } from '../child.mjs';
import { renderMarkdown } from './markdown.mjs';
import { pageOf, relativeTo } from './page.mjs';

/** @typedef {import('./page.mjs').Page} Page */

/** Documents outside docs/ that are pages too, with their names there. */
const OTHER_DOCUMENTS = {
  'README.md': 'overview',
  'CONTRIBUTING.md': 'contributing',
  'SECURITY.md': 'security',
  'examples/engines/README.md': 'engines',
  'examples/frameworks/README.md': 'frameworks',
  'training/README.md': 'training',
  'training/capture/README.md': 'training-capture',
};

/** What is in the list beside each page, by the reader that it is for. A document that is in no group is in the last. */
const GROUPS = {
  'Make a game': ['index', 'sdk', 'attach', 'frameworks', 'engines', 'api/index', 'models', 'browsers'],
  'Run a server': ['hosting', 'scaling', 'troubleshooting'],
  'How it works': ['overview', 'design', 'streams', 'tasks', 'networks', 'trust', 'threat-model'],
  'The project': ['security', 'contributing', 'training', 'dependencies'],
};

/** Where the types of a file are told, for links of documents to sources. */
const TYPES = /^web\/(sdk|frameworks)\/[\w-]+\.ts$/;
/** Files beside the documents that they link to. */
const FILES = ['before-after.jpg', 'monitoring'];
/** What the server serves by another path: the examples that need no build. */
const EXAMPLES = /^examples(\/(?!engines|frameworks)[\w.-]+)?$/;

/**
 * Writes the documents as pages: `FOLDER/sdk.html` of `docs/sdk.md`, and so on. All links are relative, so the site works under any path.
 * @param {string} folder
 * @param {string | null} apiDocs folder of the Markdown about the SDK's types; null: without
 */
export async function writeDocsSite(folder, apiDocs) {
  const documents = await documentsOf(apiDocs);
  const names = new Map(documents.map(({ source, name }) => [source, name]));
  const pages = await Promise.all(
    documents.map(async ({ source, name, file }) => {
      const addressOf = (/** @type {string} */ target) => addressFrom(source, name, target, names);
      return { source, name, rendered: renderMarkdown(await readFile(file, 'utf8'), addressOf) };
    }),
  );
  const groups = groupsOf(pages);
  for (const page of pages) {
    const file = join(folder, `${page.name}.html`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, pageOf(page, groups));
  }
  for (const file of FILES) await cp(join(ROOT, 'docs', file), join(folder, file), { recursive: true });
  await writeFile(join(folder, 'docs.css'), await styleSheet());
}

/**
 * The documents with the names of their pages.
 * @param {string | null} apiDocs
 */
async function documentsOf(apiDocs) {
  const inDocs = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  const documents = [
    ...inDocs.map((name) => ({ source: `docs/${name}`, name: nameOf(name), file: join(ROOT, 'docs', name) })),
    ...Object.entries(OTHER_DOCUMENTS).map(([source, name]) => ({ source, name, file: join(ROOT, source) })),
  ];
  if (apiDocs === null) return documents;
  const ofTypes = (await readdir(apiDocs, { recursive: true })).filter((name) => name.endsWith('.md'));
  return [
    ...documents,
    ...ofTypes.map((path) => {
      const name = path.replaceAll('\\', '/');
      return { source: `docs/api/${name}`, name: `api/${nameOf(name)}`, file: join(apiDocs, path) };
    }),
  ];
}

/** @param {string} file */
function nameOf(file) {
  return file.replace(/\.md$/, '').replace(/^README$/, 'index');
}

/**
 * The address, relative to a page, of what its document links to; null if that is not on the site.
 * @param {string} source path of the document
 * @param {string} name of its page
 * @param {string} target of the link
 * @param {ReadonlyMap<string, string>} names of the pages by the paths of their documents
 */
function addressFrom(source, name, target, names) {
  const [path = '', heading] = target.split('#');
  const fragment = heading === undefined ? '' : `#${heading}`;
  if (path === '') return fragment;
  const file = posix.join(posix.dirname(source), path).replace(/\/$/, '');
  const page = names.get(file);
  if (page !== undefined) return relativeTo(name, page) + fragment;
  if (TYPES.test(file)) return relativeTo(name, 'api/index');
  if (EXAMPLES.test(file)) return `${relativeTo(name, 'index')}../${file}${file === 'examples' ? '/' : ''}`;
  const beside = posix.relative('docs', file);
  return FILES.some((known) => beside.startsWith(`${known}/`) || (beside === known && known.includes('.')))
    ? relativeTo(name, beside)
    : null;
}

/** @param {readonly Page[]} pages */
function groupsOf(pages) {
  const byName = new Map(pages.map((page) => [page.name, page]));
  const listed = new Set(Object.values(GROUPS).flat());
  const others = pages.filter(({ name }) => !listed.has(name) && !name.includes('/')).map(({ name }) => name);
  const last = Object.keys(GROUPS).at(-1);
  return Object.entries(GROUPS).map(([title, names]) => ({
    title,
    pages: [...names, ...(title === last ? others : [])].flatMap((name) => byName.get(name) ?? []),
  }));
}

/** The rules that all pages of the project have, and those of the documents. */
async function styleSheet() {
  const files = ['web/ui/tokens.css', 'web/ui/base.css', 'web/ui/layout.css', 'deploy/docs-site/docs.css'];
  const rules = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')));
  return rules.map((text) => text.replace(/^@import .*$/gm, '')).join('\n');
}
