import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../child.mjs';
import { renderMarkdown } from './markdown.mjs';
import { writeDocsSite } from './site.mjs';
import { brokenLinks } from './test-site-links.ts';

/** The documents as pages, without those that TypeDoc makes (api.long.test.ts): it takes seconds. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2c2r-docs-'));
  await writeDocsSite(folder, null);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const page = (name: string) => readFile(join(folder, `${name}.html`), 'utf8');

test('every internal link of the built site leads to a page that is there, and to a heading that it has', async () => {
  expect(await brokenLinks(folder, (path) => path.startsWith('api/'))).toEqual([]);
});

test('every document of docs/ is a page with its title, and is in the list beside each page', async () => {
  const documents = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  expect(documents.length).toBeGreaterThan(10);
  const index = await page('index');
  for (const document of documents) {
    const name = document === 'README.md' ? 'index' : document.replace('.md', '');
    const title =
      /^# (.*)$/m.exec(await readFile(join(ROOT, 'docs', document), 'utf8'))?.[1]?.replaceAll('`', '') ?? '';
    expect(await page(name)).toContain(`<title>${title} · P2C2R</title>`);
    expect(index).toContain(`<a href="./${name === 'index' ? '' : name}"`);
  }
});

test("a page needs nothing that the server's Content-Security-Policy stops", async () => {
  for (const name of ['index', 'sdk', 'hosting'])
    expect(await page(name)).not.toMatch(/<script(?![^>]*\bsrc=)|<style| style="| on\w+="/);
});

test('a page is in the theme that the person chose, and offers the choice', async () => {
  for (const name of ['index', 'sdk']) {
    expect(await page(name)).toContain('<script src="./../theme.js"></script>');
    expect(await page(name)).toContain('<theme-switch></theme-switch>');
  }
});

test('what a document says to its editors alone is on no page', async () => {
  const pages = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.html'));
  const texts = await Promise.all(pages.map((name) => readFile(join(folder, name), 'utf8')));
  expect(texts.filter((text) => text.includes('&lt;!--') || text.includes('<!--'))).toEqual([]);
});

test('links are relative to the page, those to sources lead to their types, and what is not on the site is no link', async () => {
  const sdk = await page('sdk');
  expect(sdk).toContain('href="./attach');
  expect(sdk).toContain('href="api/"');
  expect(await page('hosting')).not.toContain('Dockerfile"');
});

test('Markdown becomes HTML with the anchors of GitHub, and what is code stays text', () => {
  const { html, title, headings } = renderMarkdown(
    '# A & `b`\n\nAn Event<MeshError>.<br />\n\n## Twice\n\n## Twice\n\n[here](x.md#y) [there](gone.md) [far](https://a.example/)\n\n```js role\na < b && "c"\n```\n',
    (target) => (target.startsWith('x.md') ? 'x#y' : null),
  );
  expect(title).toBe('A & b');
  expect(headings.map(({ id }) => id)).toEqual(['a--b', 'twice', 'twice-1']);
  expect(html).toContain('An Event&lt;MeshError&gt;.<br />');
  expect(html).toContain('<a href="x#y">here</a> there <a href="https://a.example/">far</a>');
  expect(html).toContain('data-language="js"><code>a &lt; b &amp;&amp; &quot;c&quot;\n</code>');
});

test('a link that would run a script is no link, and a heading in any language has its anchor', () => {
  const { html, headings } = renderMarkdown(
    '## Über 日本, e.g.\n\n[a](javascript:alert(1)) [b](data:text/html,c) [c](mailto:a@b.example)\n',
    () => null,
  );
  expect(headings.map(({ id }) => id)).toEqual(['über-日本-eg']);
  expect(html).toContain('<p>a b <a href="mailto:a@b.example">c</a></p>');
});

test('what scrolls by the keyboard says what it is', () => {
  const { html } = renderMarkdown('```js\na\n```\n\n```\nb\n```\n\n| a |\n| - |\n| b |\n', () => null);
  const labels = [...html.matchAll(/ tabindex="0" role="group" aria-label="([^"]*)"/g)].map(([, label]) => label);
  expect(labels).toEqual(['Code: js', 'Text', 'Table']);
});

test('every example is in the theme that the person chose, and offers the choice', async () => {
  const examples = (await readdir(join(ROOT, 'examples'))).filter((name) => name.endsWith('.html'));
  expect(examples).toContain('stream.html');
  for (const name of examples) {
    const html = await readFile(join(ROOT, 'examples', name), 'utf8');
    expect(html, name).toContain('<script src="../theme.js"></script>');
    expect(html, name).toContain('<theme-switch></theme-switch>');
  }
});
