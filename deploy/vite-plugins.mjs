import { commonHead, pageHeader } from './page-parts.mjs';

/**
 * Replaces the addresses of browser workers in a build for Node, where nothing starts them.
 * @type {import('vite').Plugin}
 */
export const withoutWorkers = {
  name: 'without-workers',
  enforce: 'pre',
  resolveId: (id) => (id.endsWith('?worker&url') ? '\0no-worker' : null),
  load: (id) => (id === '\0no-worker' ? "export default 'no workers in Node';" : null),
};

/**
 * Has Vite bundle each worker that is imported with `?worker` once. While one is being bundled, Vite 7 begins again for every other script that names
 * it: seven bundles of our five workers, a sixth of the build's processor time. Workers must not name each other: Vite refuses that, and here
 * they would wait for each other.
 * @returns {import('vite').Plugin[]} for the pages and, the same ones, for workers
 */
export function eachWorkerOnce() {
  /** By file, as Vite's cache has them. @type {Map<string, { isBundled: Promise<void>, finish: () => void }>} */
  const begun = new Map();
  const fileOf = (/** @type {string} */ id) => (/\?worker(?:&|$)/.test(id) ? (id.split('?', 1)[0] ?? null) : null);
  return [
    {
      name: 'each-worker-once',
      apply: 'build',
      enforce: 'pre',
      async load(id) {
        const file = fileOf(id);
        if (file === null) return null;
        const known = begun.get(file);
        if (known) await known.isBundled;
        else {
          let finish = () => {};
          const isBundled = new Promise((/** @type {(value: void) => void} */ resolve) => {
            finish = resolve;
          });
          begun.set(file, { isBundled, finish });
        }
        // Vite loads it; a worker that was bundled before comes from its cache.
        return null;
      },
      buildEnd(error) {
        if (!error) return;
        for (const { finish } of begun.values()) finish();
        begun.clear();
      },
    },
    {
      name: 'each-worker-once-done',
      apply: 'build',
      enforce: 'post',
      transform(_code, id) {
        begun.get(fileOf(id) ?? '')?.finish();
      },
    },
  ];
}

/** What the pages' HTML has in common, by the comment that stands for it. */
const PAGE_PARTS = {
  '<!-- common head -->': `${commonHead('./')}
    <link rel="stylesheet" href="./ui/base.css" />`,
  '<!-- page header -->': pageHeader('./'),
  '<!-- page -->': `<div id="page">
      <main class="noscript unstarted">
        <h1>This page did not start</h1>
        <p>
          Its script was not loaded, or this browser is too old for it. Reload the page. It needs Chrome or Edge 94,
          Firefox 130 or Safari 16.4, or a newer one.
        </p>
      </main>
    </div>`,
};

/**
 * Puts into each page what all of them have.
 * @type {import('vite').Plugin}
 */
export const pageParts = {
  name: 'page-parts',
  transformIndexHtml: {
    // Before Vite bundles what the page links.
    order: 'pre',
    handler: (html) => Object.entries(PAGE_PARTS).reduce((page, [mark, part]) => page.replace(mark, part), html),
  },
};

/**
 * Has each page load `/theme.js` before anything is drawn. After Vite's own work, which wants every script to be a module.
 * @type {import('vite').Plugin}
 */
export const themeScript = {
  name: 'theme-script',
  transformIndexHtml: {
    order: 'post',
    handler: () => [{ tag: 'script', attrs: { src: './theme.js' }, injectTo: 'head-prepend' }],
  },
};

/**
 * Adds V8's explicit compile hint (https://v8.dev/blog/explicit-compile-hints) to the SDK's scripts, so that their functions are
 * compiled in the background while the scripts load, and not one by one at their first call. A join calls about 490 functions, which
 * would block for 20 ms. To other engines the hint is a comment. It is added last, since a minifier would remove it.
 * @param {string} entry name of the chunk to mark, together with everything it imports
 * @returns {import('vite').Plugin}
 */
export function compileAtLoad(entry) {
  return {
    name: 'compile-at-load',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const wanted = Object.values(bundle).flatMap((file) =>
          isChunk(file) && file.name === entry ? [file.fileName] : [],
        );
        // The loop below adds to the set while it iterates over it.
        const files = new Set(wanted);
        for (const name of files) {
          const file = bundle[name];
          if (!file || !isChunk(file)) continue;
          file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
          for (const imported of file.imports) files.add(imported);
        }
        if (files.size === 0) this.error(`There is no chunk ${entry} to mark.`);
      },
    },
  };
}

/**
 * @param {import('vite').Rollup.OutputAsset | import('vite').Rollup.OutputChunk} file
 * @returns {file is import('vite').Rollup.OutputChunk}
 */
function isChunk(file) {
  return file.type === 'chunk';
}
