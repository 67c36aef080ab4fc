import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** What the server has beside the documents, which a build puts there. */
const BESIDE = /^\.\.\/($|icon\.svg$|theme\.js$|examples\/)/;

/**
 * The links of a built site that lead nowhere: neither to a page of it, nor to an element of that page where they name one.
 *
 * @param isGiven - whether a path relative to the site's folder may be taken as there
 * @returns `page: link` each
 */
export async function brokenLinks(folder: string, isGiven: (path: string) => boolean = () => false): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) =>
      posix.join(
        ...join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .split(/[\\/]/),
      ),
    );
  const pages = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith('.html'))) {
    pages.set(file, await readFile(join(folder, file), 'utf8'));
  }
  const ids = new Map([...pages].map(([file, html]) => [file, idsIn(html)]));
  const leadsSomewhere = (from: string, link: string) => {
    const [path = '', id] = link.split('#');
    const target = path === '' ? from : posix.join(posix.dirname(from), path);
    if (BESIDE.test(target) || isGiven(target)) return true;
    const file = [target, `${target}.html`, posix.join(target, 'index.html')].find((name) => files.includes(name));
    if (file === undefined || (target.endsWith('.html') && path !== '')) return false;
    return id === undefined || (ids.get(file)?.has(id) ?? false);
  };
  return [...pages].flatMap(([file, html]) =>
    linksIn(html)
      .filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(file, link))
      .map((link) => `${file}: ${link}`),
  );
}

function linksIn(html: string): string[] {
  return [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link = '']) => link.replaceAll('&amp;', '&'));
}

/** Throws for an id that a page has twice, of which a link reaches only the first. */
function idsIn(html: string): ReadonlySet<string> {
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length > 0) throw new Error(`A page has the id ${twice.join(', ')} twice.`);
  return new Set(ids);
}
