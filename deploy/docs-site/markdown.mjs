import { Marked } from 'marked';

/**
 * @typedef {object} Heading
 * @property {number} depth 1 to 6
 * @property {string} text as HTML
 * @property {string} id
 */

/**
 * @typedef {object} RenderedDocument
 * @property {string} html
 * @property {string} title of the first heading, as plain text
 * @property {Heading[]} headings
 */

/** What is HTML in the Markdown that TypeDoc writes: anchors in tables, and line breaks. */
const TAGS = /^<\/?(a|br)\b/;
const COMMENT = /^<!--[\s\S]*?-->\s*$/;

/**
 * Renders a document.
 * @param {string} markdown
 * @param {(target: string) => string | null} addressOf the address on the site of what a link of the document leads to; null: that is not on the site,
 *   and its text stays
 * @returns {RenderedDocument}
 */
export function renderMarkdown(markdown, addressOf) {
  /** @type {Heading[]} */
  const headings = [];
  const idOf = anchors();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const text = this.parser.parseInline(tokens);
        const id = idOf(plainText(text));
        headings.push({ depth, text, id });
        return `<h${depth} id="${id}">${text} <a class="anchor" href="#${id}" aria-label="Link to this section">#</a></h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const address = isElsewhere(href) ? href : addressOf(href);
        return address === null ? text : `<a href="${escaped(address)}">${text}</a>`;
      },
      image({ href, text }) {
        return `<img src="${escaped(isElsewhere(href) ? href : (addressOf(href) ?? ''))}" alt="${escaped(text)}" loading="lazy">`;
      },
      // Comments of types say `CustomEvent<MeshError>` without meaning a tag.
      html({ text }) {
        if (COMMENT.test(text)) return '';
        return TAGS.test(text) ? text : escaped(text);
      },
      code({ text, lang = '' }) {
        const label = lang.split(' ', 1)[0] || 'text';
        return `<pre tabindex="0" role="group" aria-label="${kindOf(label)}" data-language="${escaped(label)}"><code>${escaped(text)}\n</code></pre>\n`;
      },
    },
  });
  const html = marked
    .parse(markdown, { async: false })
    // A wide table scrolls by itself, by the keyboard too.
    .replaceAll('<table>', '<div class="table" tabindex="0" role="group" aria-label="Table"><table>')
    .replaceAll('</table>', '</table></div>');
  return { html, title: plainText(headings[0]?.text ?? ''), headings };
}

/**
 * Whether a link leads to another site. One of any other scheme, such as `javascript:`, is a path that no document has: its text stays.
 * @param {string} href
 */
function isElsewhere(href) {
  return /^(https?|mailto):/i.test(href);
}

/**
 * What a block of code is called where it is reached by the keyboard.
 * @param {string} language
 */
function kindOf(language) {
  return language === 'text' ? 'Text' : escaped(`Code: ${language}`);
}

/** Gives headings the anchors that GitHub gives them, so that a link works in both places. */
function anchors() {
  /** @type {Map<string, number>} */
  const taken = new Map();
  /** @param {string} title as plain text */
  return (title) => {
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const count = taken.get(anchor) ?? 0;
    taken.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  };
}

/** @param {string} html of a line */
function plainText(html) {
  return html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** @param {string} text */
export function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
