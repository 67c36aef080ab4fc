/**
 * The import rules of the house, five floors with no arrow back up:
 * pages -> sdk -> dispatch, stream -> net, compute -> shared. The README draws them. `npm run check` first proves that each
 * rule bites (deploy/import-rules.mjs), then holds the tree to them; tests live on the floor of what they test.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const FLOORS = ['net', 'compute', 'dispatch', 'stream', 'sdk', 'game', 'ui', 'gamer', 'volunteer'];
const TESTS = '(\\.test\\.tsx?|/test-[^/]+\\.tsx?)$';
/** Packages that the build puts into the pages: a production server has no need of them, so they are no `dependencies`. */
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

const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^${from}/` },
  to: {
    path: '^(shared|signaling-server|web|e2e|bench|deploy|examples)/',
    pathNot: [`^${from}/`, ...allowed.map((folder) => `^${folder}/`)],
  },
});

/** A room of the server: production files of it may import shared/, the clock, and these other rooms or files of the server. */
const serverRoom = (room, allowed, comment) => ({
  name: `server-${room}`,
  comment,
  severity: 'error',
  from: { path: `^signaling-server/${room}/`, pathNot: TESTS },
  to: {
    path: '^signaling-server/',
    pathNot: [room, 'clock', ...allowed].map((name) => `^signaling-server/${name}[/.]`),
  },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      comment:
        "the rules cannot judge an import that leads nowhere; the address of a package's file they take as text: the build finds it; a page's address of the SDK the server finds; what a project of others has installed its test does",
      severity: 'error',
      from: { pathNot: '^e2e/fresh-project/' },
      to: { couldNotResolve: true, pathNot: '^(onnxruntime-web/[^/]+\\?url|/p2c2r\\.js)$' },
    },
    only('shared-imports-nothing', 'shared', [], 'both ends agree on shared/; it knows nobody'),
    only('server-knows-only-shared', 'signaling-server', ['shared'], 'the coordinator introduces; it never computes'),
    serverRoom('store', [], 'a store remembers; it knows nothing of members'),
    serverRoom('lobby', [], 'the lobby pairs whatever has the facts it needs'),
    serverRoom('access', ['store'], 'who may enter is decided without knowing who is there'),
    serverRoom('rooms', ['access', 'lobby', 'store'], 'decisions are made over connections, whatever carries them'),
    serverRoom('sockets', ['rooms', 'access', 'http'], 'sockets bring requests to the rooms'),
    serverRoom(
      'cluster',
      ['rooms', 'sockets', 'boot/listening'],
      'a cluster carries requests to the instance that leads',
    ),
    serverRoom('http', ['boot', 'sockets/client-address'], 'pages and figures are served without knowing the rooms'),
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
    only(
      'game-floor',
      'web/game',
      ['shared', 'web/sdk'],
      'the built-in game is a game like any other: it knows the SDK and no page',
    ),
    {
      name: 'game-doors',
      comment: 'web/game has two doors: the game, and the parts of it that tasks compute; everything else is private',
      severity: 'error',
      from: { path: '^(web|e2e|bench|examples)/', pathNot: ['^web/game/', TESTS] },
      to: { path: '^web/game/', pathNot: '^web/game/(built-in-game|game-work)\\.ts$' },
    },
    only(
      'gamer-page',
      'web/gamer',
      ['shared', 'web/sdk', 'web/ui', 'web/game'],
      'a page wires the SDK and the game to ui/',
    ),
    {
      name: 'stream-shared-files',
      comment: 'what both ends of a stream share stands below the rooms',
      severity: 'error',
      from: { path: '^web/stream/[^/]+$' },
      to: { path: '^web/stream/[^/]+/' },
    },
    {
      name: 'stream-rooms',
      comment: 'codec, transport, verify and upscale serve either end of a stream and know neither',
      severity: 'error',
      from: { path: '^web/stream/(codec|transport|verify|upscale)/', pathNot: TESTS },
      to: { path: '^web/stream/(gamer|volunteer)/' },
    },
    {
      name: 'stream-ends',
      comment: 'the two ends of a stream meet on the wire only',
      severity: 'error',
      from: { path: '^web/stream/(gamer|volunteer)/', pathNot: TESTS },
      to: { path: '^web/stream/(gamer|volunteer)/', pathNot: '^web/stream/$1/' },
    },
    only('volunteer-page', 'web/volunteer', ['shared', 'web/sdk', 'web/ui'], 'a page wires the SDK to ui/'),
    {
      ...only('other-page', 'web', ['shared', 'web/sdk', 'web/ui'], 'what is on no floor is a page'),
      from: { path: '^web/', pathNot: `^web/(${FLOORS.join('|')})/` },
      to: {
        path: `^(signaling-server|e2e|bench|deploy|examples|web/(${FLOORS.join('|')}))/`,
        pathNot: '^web/(sdk|ui)/',
      },
    },
    {
      name: 'simple-peer-behind-one-file',
      severity: 'error',
      from: { pathNot: '^web/net/peer\\.ts$' },
      to: { path: '(^|/)simple-peer(/|$)' },
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
      comment: 'the server runs with `dependencies` alone; shared/ is a part of it',
      from: { path: '^(shared|signaling-server)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tools-in-pages',
      severity: 'error',
      from: { path: '^web/', pathNot: TESTS },
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
