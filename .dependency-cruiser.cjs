/**
 * The import rules of the house, five floors with no arrow back up:
 * pages -> sdk -> dispatch, stream -> net, compute -> shared. The README draws them.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^${from}/`, pathNot: '\\.test\\.tsx?$' },
  to: {
    path: '^(shared|signaling-server|web|e2e|bench|deploy)/',
    pathNot: [`^${from}/`, ...allowed.map((folder) => `^${folder}/`)],
  },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('shared-imports-nothing', 'shared', [], 'both ends agree on shared/; it knows nobody'),
    only('server-knows-only-shared', 'signaling-server', ['shared'], 'the coordinator introduces; it never computes'),
    only('net-floor', 'web/net', ['shared'], 'net and compute do not know each other'),
    only('compute-floor', 'web/compute', ['shared'], 'compute stays ignorant of channels'),
    only('dispatch-floor', 'web/dispatch', ['shared', 'web/net', 'web/compute'], 'dispatch stands on net and compute'),
    only('stream-floor', 'web/stream', ['shared', 'web/net', 'web/compute'], 'stream stands on net and compute'),
    only(
      'sdk-floor',
      'web/sdk',
      ['shared', 'web/net', 'web/compute', 'web/dispatch', 'web/stream'],
      'the SDK wires the floors below',
    ),
    only('ui-knows-nobody', 'web/ui', [], 'components take plain values'),
    only('gamer-page', 'web/gamer', ['shared', 'web/sdk', 'web/ui'], 'a page wires the SDK to ui/'),
    only('volunteer-page', 'web/volunteer', ['shared', 'web/sdk', 'web/ui'], 'a page wires the SDK to ui/'),
    {
      name: 'simple-peer-behind-one-file',
      severity: 'error',
      from: { pathNot: '^web/net/peer\\.ts$' },
      to: { path: 'simple-peer' },
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      from: { path: '^(shared|signaling-server|web)/', pathNot: '\\.test\\.tsx?$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'browser', 'default'] },
  },
};
