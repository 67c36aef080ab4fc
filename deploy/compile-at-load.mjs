/**
 * Marks the SDK's script with V8's explicit compile hint (https://v8.dev/blog/explicit-compile-hints): its functions are compiled
 * while it loads, in the background, instead of one after another at their first call. A join calls some 490 of them, and would
 * stop 20 ms for that. Other engines take the mark for a comment. Set last of all: a minifier would take it out.
 * @param {string} entry the chunk whose script, with all it imports, is marked
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
        // Grows as it is walked.
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
