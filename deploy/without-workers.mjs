/**
 * A browser's worker has no meaning in Node; those who import the address of one there never start it.
 * @type {import('vite').Plugin}
 */
export const withoutWorkers = {
  name: 'without-workers',
  enforce: 'pre',
  resolveId: (id) => (id.endsWith('?worker&url') ? '\0no-worker' : null),
  load: (id) => (id === '\0no-worker' ? "export default 'no workers in Node';" : null),
};
