import { posix } from 'node:path';
import { commonHead, pageHeader } from '../page-parts.mjs';
import { escaped } from './markdown.mjs';

/** Documents with fewer sections than this need no list of them. */
const MIN_SECTIONS = 3;

/**
 * @typedef {object} Page
 * @property {string} name of the page without `.html`, relative to the site's folder
 * @property {string} source the path of the document
 * @property {import('./markdown.mjs').RenderedDocument} rendered
 */

/**
 * A document as a whole page, in the style of the other pages.
 * @param {Page} page
 * @param {readonly { title: string, pages: readonly Page[] }[]} groups what the list beside it offers
 */
export function pageOf({ name, rendered }, groups) {
  const toRoot = `${relativeTo(name, 'index')}../`;
  const title = escaped(rendered.title);
  return `<!doctype html>
<html lang="en">
  <head>
    ${commonHead(toRoot)}
    <script src="${toRoot}theme.js"></script>
    <title>${title} · P2C2R</title>
    <link rel="stylesheet" href="${relativeTo(name, 'docs.css')}">
  </head>
  <body>
    <a class="skip" href="#document">Skip to the document</a>
    ${pageHeader(toRoot, `<a class="page-header__title" href="${relativeTo(name, 'index')}">Documentation</a>`)}
    <div class="docs">
      <nav class="docs__list" aria-label="Documents">
${groups.map((group) => groupOf(group, name, rendered)).join('\n')}
      </nav>
      <main class="docs__text" id="document" tabindex="-1">
${rendered.html}
      </main>
    </div>
  </body>
</html>
`;
}

/**
 * @param {{ title: string, pages: readonly Page[] }} group
 * @param {string} current name of the page that is shown
 * @param {import('./markdown.mjs').RenderedDocument} rendered that page's document
 */
function groupOf({ title, pages }, current, rendered) {
  const items = pages.map(({ name, rendered: { title } }) => {
    const isCurrent = name === current;
    const link = `<a href="${relativeTo(current, name)}"${isCurrent ? ' aria-current="page"' : ''}>${escaped(title)}</a>`;
    return `          <li>${link}${isCurrent ? sectionsOf(rendered) : ''}</li>`;
  });
  return `        <h2>${title}</h2>
        <ul>
${items.join('\n')}
        </ul>`;
}

/** @param {import('./markdown.mjs').RenderedDocument} rendered */
function sectionsOf({ headings }) {
  const sections = headings.filter(({ depth }) => depth === 2);
  if (sections.length < MIN_SECTIONS) return '';
  const items = sections.map(({ id, text }) => `<li><a href="#${id}">${text.replace(/<\/?a\b[^>]*>/g, '')}</a></li>`);
  return `<ul class="docs__sections">${items.join('')}</ul>`;
}

/**
 * The address of a page as its neighbours write it: without `.html`, and without `index`.
 * @param {string} from name of the page with the link
 * @param {string} to
 */
export function relativeTo(from, to) {
  const path = posix.relative(posix.dirname(from), posix.dirname(to));
  const file = posix.basename(to) === 'index' ? '' : posix.basename(to);
  return `${path === '' ? './' : `${path}/`}${file}`;
}
