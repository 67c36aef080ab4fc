import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './child.mjs';

/** The files, headings and sources that documents name exist, so that a rename cannot leave a stale name behind. */

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n');
const names = new Set(files.map((file) => basename(file)));
const folders = new Set(files.flatMap((file) => ancestorsOf(dirname(file))));
const documents = files.filter((file) => file.endsWith('.md'));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

test.each(documents)('%s links to files and headings that exist', (document) => {
  const links = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const broken = links.filter(
    (link) => !link.includes('://') && !link.startsWith('mailto:') && !exists(document, link),
  );
  expect(broken).toEqual([]);
});

test.each(documents)('%s names source files that exist', (document) => {
  const named = [...read(document).matchAll(/`([\w./@-]+\.(?:ts|tsx|mjs|css|html|py|yaml|json))`/g)].map(
    ([, path = '']) => path,
  );
  const missing = named.filter(
    (path) => !isUrlPath(path) && !isPlaceholder(path) && !isFile(path) && !isGenerated(path),
  );
  expect(missing).toEqual([]);
});

test('docs/troubleshooting.md quotes messages that the program has', () => {
  const isProgram = (file: string) =>
    /^(shared|signaling-server|web|deploy|e2e)\/.*\.(ts|tsx|mjs|html)$/.test(file) && !/\.test\.|\/test-/.test(file);
  // Long messages are concatenated from several lines.
  const program = files
    .filter(isProgram)
    .map((file) => read(file).replace(/['`] \+\s+['`]/g, ''))
    .join('\n');
  const symptoms = read('docs/troubleshooting.md').match(/^\| [^|]+/gm) ?? [];
  const quotes = symptoms.flatMap((cell) => [...cell.matchAll(/"([^"]+)"/g)].map(([, quote = '']) => quote));
  expect(quotes.length).toBeGreaterThan(40);
  // `…` stands for what differs from case to case.
  expect(quotes.filter((quote) => !quote.split('…').every((part) => program.includes(part.trim())))).toEqual([]);
});

test('no file cites a document that the repository does not hold', () => {
  const sources = files.filter((file) => /\.(ts|tsx|mjs|css|html|py|md)$/.test(file) && file !== 'deploy/docs.test.ts');
  const citing = sources.filter(
    // The packed SDK's types, which deploy/ writes, are named p2c2r.d.ts too.
    (file) => CITATION.test(read(file)) || (!file.startsWith('deploy/') && /p2c2r\.d\.ts/.test(read(file))),
  );
  expect(citing).toEqual([]);
});

const CITATION = /DESIGN §|\(FIELD\b|FIELD,/;

/** Such as `/status.json`: the server answers it, and no file needs to have that name. */
function isUrlPath(path: string): boolean {
  return path.startsWith('/');
}

/** Such as `shared/tasks/NAME.ts`: the reader replaces the capitals. */
function isPlaceholder(path: string): boolean {
  return /^[A-Z]+\.\w+$/.test(basename(path));
}

/** Written by the reader's own tools. */
function isGenerated(path: string): boolean {
  return path === 'vite.config.js';
}

function exists(document: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? document : normalize(join(dirname(document), path)).replace(/\/$/, '');
  if (!files.includes(target)) return folders.has(target) || target === '.';
  return heading === undefined || headingsOf(target).includes(heading);
}

/** The anchors that GitHub gives the headings. */
function headingsOf(document: string): string[] {
  return [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function isFile(path: string): boolean {
  return path.includes('/') ? files.some((file) => file === path || file.endsWith(`/${path}`)) : names.has(path);
}

function ancestorsOf(folder: string): string[] {
  return folder === '.' ? [] : [folder, ...ancestorsOf(dirname(folder))];
}
