/**
 * Layering rules: each layer imports only the layers below (docs/design.md, Layers). A self-test (deploy/import-rules.mjs) first proves
 * that each rule rejects a violation. Tests belong to the layer of what they test.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const LAYERS = ['net', 'compute', 'dispatch', 'stream', 'sdk', 'game', 'ui', 'gamer', 'volunteer', 'compare'];
const TESTS = '(\\.test\\.tsx?|/test-[^/]+\\.tsx?)$';
/** Packages that are bundled into the pages: a production server does not need them, so they are not in `dependencies`. */
const IN_PAGES = [
  '@preact/signals',
  'comlink',
  'hash-wasm',
  'idb-keyval',
  'mediabunny',
  'onnxruntime-web',
  'preact',
  'simple-peer',
  'socket.io-client',
  'three',
  'uplot',
];

const MOVED_FRAMES = 'web/stream/gamer/source/moved-frames';

const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^${from}/` },
  to: {
    path: '^(shared|signaling-server|web|e2e|bench|deploy|examples)/',
    pathNot: [from, ...allowed].map((name) => `^${name}[/.]`),
  },
});

/** A module of the server: its production files may import shared/, the clock, and these other modules or files of the server. */
const serverModule = (folder, allowed, comment) => ({
  name: `server-${folder}-imports`,
  comment,
  severity: 'error',
  from: { path: `^signaling-server/${folder}/`, pathNot: TESTS },
  to: {
    path: '^signaling-server/',
    pathNot: [folder, 'clock', ...allowed].map((name) => `^signaling-server/${name}[/.]`),
  },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      comment:
        'unresolved imports would escape the rules. Exceptions: URLs of package files and of the compiled kernels, which the build resolves; the SDK, which the server serves; e2e/fresh-project and examples/frameworks, which their own test installs and checks',
      severity: 'error',
      from: { pathNot: '^(e2e/fresh-project|examples/frameworks)/' },
      to: {
        couldNotResolve: true,
        pathNot: '^(onnxruntime-web/[^/]+\\?url|\\./kernels(-threads)?\\.wasm\\?url|(\\.\\.)?/p2c2r\\.js)$',
      },
    },
    only('shared-imports-nothing', 'shared', [], 'shared/ is what both ends agree on; it depends on nothing'),
    only(
      'server-imports-only-shared',
      'signaling-server',
      ['shared'],
      'the server introduces browsers; it does not compute',
    ),
    serverModule('store', [], 'a store only stores data; it does not know members'),
    serverModule('lobby', [], 'the lobby pairs gamers and volunteers from plain facts'),
    serverModule('access', ['store'], 'access is decided without the members of a room'),
    serverModule('rooms', ['access', 'lobby', 'store'], 'decisions do not depend on the transport'),
    serverModule('sockets', ['rooms', 'access', 'http'], 'sockets pass requests to the rooms'),
    serverModule('cluster', ['rooms', 'sockets', 'boot/listening'], 'a cluster forwards requests to the leader'),
    serverModule('http', ['boot', 'sockets/client-address'], 'pages and metrics are served without the rooms'),
    only('net-imports-only-shared', 'web/net', ['shared'], 'net and compute do not import each other'),
    only('compute-imports-only-shared', 'web/compute', ['shared'], 'compute does not use channels'),
    only(
      'dispatch-imports-only-net-and-compute',
      'web/dispatch',
      ['shared', 'web/net', 'web/compute'],
      'dispatch builds on net and compute',
    ),
    only(
      'stream-imports-only-net-and-compute',
      'web/stream',
      ['shared', 'web/net', 'web/compute'],
      'stream builds on net and compute',
    ),
    only(
      'sdk-imports-only-layers-below',
      'web/sdk',
      ['shared', 'web/net', 'web/compute', 'web/dispatch', 'web/stream'],
      'the SDK connects the layers below',
    ),
    only(
      'attach-script-imports-only-sdk',
      'web/attach',
      ['shared', 'web/sdk'],
      'the script for pages of others uses only the SDK, as those pages would',
    ),
    only(
      'frameworks-import-only-sdk',
      'web/frameworks',
      ['shared', 'web/sdk', 'web/attach/script-options'],
      'hooks and the element use only the SDK, as a game would, and read attributes as the one-line script does',
    ),
    only('ui-imports-nothing', 'web/ui', [], 'components take plain values'),
    only(
      'game-imports-only-sdk',
      'web/game',
      ['shared', 'web/sdk', MOVED_FRAMES],
      'the built-in game uses only the SDK, as any other game would, and what moves frames from one thread to another',
    ),
    {
      name: 'game-only-imported-through-its-entry-files',
      comment:
        'web/game exports three files: the game, the parts of it that tasks compute, and pictures of it for comparisons; everything else is private',
      severity: 'error',
      from: { path: '^(web|e2e|bench|examples)/', pathNot: ['^web/game/', TESTS] },
      to: { path: '^web/game/', pathNot: '^web/game/(built-in-game|game-work|game-sequences)\\.ts$' },
    },
    {
      ...only(
        'gamer-page-imports-only-sdk-ui-game',
        'web/gamer',
        ['shared', 'web/sdk', 'web/ui', 'web/game'],
        'a page connects the SDK and the game to ui/',
      ),
      // A test asks what parts of a stream say, to see that the page agrees with them.
      from: { path: '^web/gamer/', pathNot: TESTS },
    },
    {
      name: 'stream-root-files-import-no-subfolder',
      comment: 'files that both ends of a stream share import neither end',
      severity: 'error',
      from: { path: '^web/stream/[^/]+$', pathNot: TESTS },
      to: { path: '^web/stream/[^/]+/' },
    },
    {
      name: 'stream-shared-folders-import-neither-end',
      comment: 'codec, transport, verify, upscale and compose know neither end of a stream',
      severity: 'error',
      from: { path: '^web/stream/(codec|transport|verify|upscale|compose)/', pathNot: TESTS },
      to: { path: '^web/stream/(gamer|volunteer)/' },
    },
    {
      name: 'stream-ends-do-not-import-each-other',
      comment: 'the two ends of a stream share only the wire format',
      severity: 'error',
      from: { path: '^web/stream/(gamer|volunteer)/', pathNot: TESTS },
      to: { path: '^web/stream/(gamer|volunteer)/', pathNot: '^web/stream/$1/' },
    },
    only(
      'volunteer-page-imports-only-sdk-ui',
      'web/volunteer',
      ['shared', 'web/sdk', 'web/ui'],
      'a page connects the SDK to ui/',
    ),
    only(
      'compare-page-imports-only-sdk-ui-game-reference',
      'web/compare',
      ['shared', 'web/sdk', 'web/ui', 'web/game', 'web/compute/reference'],
      'the page also shows what a game would use instead of the SDK',
    ),
    {
      ...only(
        'other-pages-import-only-sdk-ui',
        'web',
        ['shared', 'web/sdk', 'web/ui'],
        'a folder that is no layer is a page',
      ),
      from: { path: '^web/', pathNot: `^web/(${LAYERS.join('|')})/` },
      to: {
        path: `^(signaling-server|e2e|bench|deploy|examples|web/(${LAYERS.join('|')}))/`,
        pathNot: '^web/(sdk|ui)/',
      },
    },
    {
      name: 'simple-peer-only-in-peer-file',
      severity: 'error',
      from: { pathNot: '^web/net/peer\\.ts$' },
      to: { path: '(^|/)simple-peer(/|$)' },
    },
    {
      name: 'zod-only-from-its-file',
      comment: 'which keeps it from trying `new Function`; types may come from anywhere',
      severity: 'error',
      from: { path: '^(web|shared|signaling-server)/', pathNot: '^shared/zod\\.ts$' },
      to: { path: '(^|/)zod(/|$)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'production-imports-no-tests',
      severity: 'error',
      from: { pathNot: [TESTS, '^(e2e|bench)/'] },
      to: { path: TESTS },
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      comment: 'the server, with shared/, runs with `dependencies` alone',
      from: { path: '^(shared|signaling-server)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tools-in-pages',
      severity: 'error',
      comment: 'but for React, which the site that has the hooks of `p2c2r/react` brings',
      from: { path: '^web/', pathNot: [TESTS, '^web/frameworks/react\\.ts$'] },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: `(^|/)(${IN_PAGES.join('|')})(/|$)`,
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'browser', 'default'] },
  },
};
