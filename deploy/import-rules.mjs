import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT, runChild } from './child.mjs';

const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const RULES = join(ROOT, '.dependency-cruiser.cjs');
const FOLDERS = ['shared', 'signaling-server', 'web', 'e2e', 'bench', 'deploy', 'examples'];

/** Files that exist to be imported in the trials below. */
const TARGETS = [
  'shared/errors.ts',
  'signaling-server/clock.ts',
  'signaling-server/access/invites.ts',
  'signaling-server/boot/listening.ts',
  'signaling-server/boot/settings.ts',
  'signaling-server/cluster/cluster.ts',
  'signaling-server/http/metrics.ts',
  'signaling-server/lobby/lobby.ts',
  'signaling-server/rooms/rooms.ts',
  'signaling-server/server.ts',
  'signaling-server/sockets/gateway.ts',
  'signaling-server/store/store.ts',
  'signaling-server/rooms.test.ts',
  'signaling-server/test-server.ts',
  'web/net/link.ts',
  'web/compute/engine.ts',
  'web/compute/reference/fsr1.ts',
  'web/dispatch/dispatcher.ts',
  'web/stream/gamer/gamer-stream.ts',
  'web/stream/gamer/source/moved-frames.ts',
  'web/stream/volunteer/volunteer-stream.ts',
  'web/stream/codec/codecs.ts',
  'web/game/built-in-game.ts',
  'web/game/game-sequences.ts',
  'web/game/game-work.ts',
  'web/game/simulation/race.ts',
  'web/sdk/p2c2r.ts',
  'web/ui/meter.ts',
  'web/gamer/page.ts',
  'web/volunteer/page.ts',
];

/** @typedef {readonly [from: string, to: string, rule: string | null]} Trial a file, what it imports, the rule against it */

/** @type {readonly Trial[]} */
const TRIALS = [
  ['shared/bad.ts', 'web/net/link.ts', 'shared-imports-nothing'],
  ['signaling-server/bad.ts', 'web/net/link.ts', 'server-imports-only-shared'],
  ['signaling-server/store/bad.ts', 'signaling-server/rooms/rooms.ts', 'server-store-imports'],
  ['signaling-server/lobby/bad.ts', 'signaling-server/store/store.ts', 'server-lobby-imports'],
  ['signaling-server/access/bad.ts', 'signaling-server/rooms/rooms.ts', 'server-access-imports'],
  ['signaling-server/rooms/bad.ts', 'signaling-server/sockets/gateway.ts', 'server-rooms-imports'],
  ['signaling-server/rooms/bad-root.ts', 'signaling-server/server.ts', 'server-rooms-imports'],
  ['signaling-server/sockets/bad.ts', 'signaling-server/cluster/cluster.ts', 'server-sockets-imports'],
  ['signaling-server/cluster/bad.ts', 'signaling-server/boot/settings.ts', 'server-cluster-imports'],
  ['signaling-server/http/bad.ts', 'signaling-server/rooms/rooms.ts', 'server-http-imports'],
  ['web/net/bad.ts', 'web/compute/engine.ts', 'net-imports-only-shared'],
  ['web/attach/bad.ts', 'web/ui/meter.ts', 'attach-script-imports-only-sdk'],
  ['web/frameworks/bad.ts', 'web/net/link.ts', 'frameworks-import-only-sdk'],
  ['web/net/bad.test.ts', 'web/sdk/p2c2r.ts', 'net-imports-only-shared'],
  ['web/compute/bad.ts', 'web/net/link.ts', 'compute-imports-only-shared'],
  ['web/dispatch/bad.ts', 'web/stream/gamer/gamer-stream.ts', 'dispatch-imports-only-net-and-compute'],
  ['web/game/bad-stream.ts', 'web/stream/gamer/gamer-stream.ts', 'game-imports-only-sdk'],
  ['web/stream/bad.ts', 'web/dispatch/dispatcher.ts', 'stream-imports-only-net-and-compute'],
  ['web/stream/bad-frame.ts', 'web/stream/codec/codecs.ts', 'stream-root-files-import-no-subfolder'],
  ['web/stream/codec/bad.ts', 'web/stream/gamer/gamer-stream.ts', 'stream-shared-folders-import-neither-end'],
  ['web/stream/compose/bad.ts', 'web/stream/gamer/gamer-stream.ts', 'stream-shared-folders-import-neither-end'],
  ['web/stream/gamer/bad.ts', 'web/stream/volunteer/volunteer-stream.ts', 'stream-ends-do-not-import-each-other'],
  ['web/sdk/bad.ts', 'web/gamer/page.ts', 'sdk-imports-only-layers-below'],
  ['web/game/bad.ts', 'web/gamer/page.ts', 'game-imports-only-sdk'],
  ['web/gamer/bad-entry.ts', 'web/game/simulation/race.ts', 'game-only-imported-through-its-entry-files'],
  ['web/ui/bad.ts', 'shared/errors.ts', 'ui-imports-nothing'],
  ['web/gamer/bad.ts', 'web/volunteer/page.ts', 'gamer-page-imports-only-sdk-ui-game'],
  ['web/volunteer/bad.ts', 'web/net/link.ts', 'volunteer-page-imports-only-sdk-ui'],
  ['web/other/bad.ts', 'web/net/link.ts', 'other-pages-import-only-sdk-ui'],
  ['web/compare/bad.ts', 'web/compute/engine.ts', 'compare-page-imports-only-sdk-ui-game-reference'],
  ['web/stream/bad-peer.ts', 'simple-peer', 'simple-peer-only-in-peer-file'],
  ['web/net/bad-schema.ts', 'zod', 'zod-only-from-its-file'],
  ['signaling-server/bad-tool.ts', 'vitest', 'no-dev-dependencies-in-production'],
  ['signaling-server/bad-package.ts', 'three', 'no-dev-dependencies-in-production'],
  ['shared/bad-package.ts', 'comlink', 'no-dev-dependencies-in-production'],
  ['web/net/bad-tool.ts', 'vitest', 'no-tools-in-pages'],
  ['web/frameworks/bad-framework.ts', 'react', 'no-tools-in-pages'],
  ['signaling-server/bad-helper.ts', 'signaling-server/test-server.ts', 'production-imports-no-tests'],
  ['signaling-server/bad-test.ts', 'signaling-server/rooms.test.ts', 'production-imports-no-tests'],
  ['web/net/bad-name.ts', 'web/net/nobody.ts', 'no-unresolvable'],
  ['web/net/circle.ts', 'web/net/circle.ts', 'no-circular'],
  ['shared/good.ts', 'shared/errors.ts', null],
  ['signaling-server/good.ts', 'shared/errors.ts', null],
  ['signaling-server/access/good.ts', 'signaling-server/store/store.ts', null],
  ['signaling-server/rooms/good.ts', 'signaling-server/access/invites.ts', null],
  ['signaling-server/rooms/good-clock.ts', 'signaling-server/clock.ts', null],
  ['signaling-server/rooms/good.test.ts', 'signaling-server/test-server.ts', null],
  ['signaling-server/sockets/good.ts', 'signaling-server/http/metrics.ts', null],
  ['signaling-server/cluster/good.ts', 'signaling-server/sockets/gateway.ts', null],
  ['signaling-server/boot/good.ts', 'signaling-server/server.ts', null],
  ['signaling-server/good.test.ts', 'signaling-server/test-server.ts', null],
  ['signaling-server/vitest.test.ts', 'vitest', null],
  ['signaling-server/test-bed.ts', 'vitest', null],
  ['web/net/peer.ts', 'simple-peer', null],
  ['shared/zod.ts', 'zod', null],
  ['web/gamer/game.ts', 'three', null],
  ['web/dispatch/good.ts', 'web/net/link.ts', null],
  ['web/stream/good.ts', 'web/compute/engine.ts', null],
  ['web/stream/gamer/good.ts', 'web/stream/codec/codecs.ts', null],
  ['web/stream/volunteer/good.test.ts', 'web/stream/gamer/gamer-stream.ts', null],
  ['web/gamer/good-game.ts', 'web/game/built-in-game.ts', null],
  ['web/gamer/good-game-work.ts', 'web/game/game-work.ts', null],
  ['web/compare/good-game.ts', 'web/game/game-sequences.ts', null],
  ['web/compare/good.ts', 'web/compute/reference/fsr1.ts', null],
  ['web/game/good.ts', 'web/game/simulation/race.ts', null],
  ['web/game/good-frames.ts', 'web/stream/gamer/source/moved-frames.ts', null],
  ['web/gamer/good-game.test.ts', 'web/game/simulation/race.ts', null],
  ['web/sdk/good.ts', 'web/dispatch/dispatcher.ts', null],
  ['web/frameworks/good.ts', 'web/sdk/p2c2r.ts', null],
  ['web/frameworks/react.ts', 'react', null],
  ['web/gamer/good.ts', 'web/sdk/p2c2r.ts', null],
  ['web/volunteer/good.ts', 'web/ui/meter.ts', null],
  ['e2e/good.e2e.ts', 'web/sdk/p2c2r.ts', null],
  ['bench/good.ts', 'signaling-server/test-server.ts', null],
];

/**
 * Shows that each import rule refuses a file that breaks it, and that none refuses a file that breaks none.
 * @returns {Promise<string>} what is wrong with the rules; empty when all is well
 */
export async function tryImportRules() {
  await mkdir(join(ROOT, '.build'), { recursive: true });
  // Inside the checkout, where imports of packages find node_modules.
  const tree = await mkdtemp(join(ROOT, '.build/import-rules-'));
  try {
    for (const file of ['package.json', 'tsconfig.json']) await cp(join(ROOT, file), join(tree, file));
    for (const target of TARGETS) await write(join(tree, target), 'export const here = 1;\n');
    for (const [from, to] of TRIALS) await write(join(tree, from), `import '${specifier(from, to)}';\n`);
    const { output } = await cruise(tree, ['--output-type', 'json']);
    return judge(JSON.parse(output)).join('\n');
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/**
 * Holds the tree to the rules.
 * @returns {Promise<string>} what breaks them; empty when nothing does
 */
export async function checkImports() {
  const { code, output } = await cruise(ROOT, ['--output-type', 'err']);
  return code === 0 ? '' : output;
}

/**
 * @param {string} folder
 * @param {readonly string[]} args
 */
async function cruise(folder, args) {
  const there = await readdir(folder);
  const folders = FOLDERS.filter((name) => there.includes(name));
  return runChild(process.execPath, [CRUISER, '--config', RULES, '--no-cache', ...args, ...folders], {
    cwd: folder,
    quiet: true,
  });
}

/**
 * @param {{ summary: { violations: { from: string, to: string, rule: { name: string } }[] } }} report
 * @returns {string[]}
 */
function judge({ summary: { violations } }) {
  return TRIALS.flatMap(([from, to, expected]) => {
    const found = violations.filter((violation) => violation.from === from).map(({ rule }) => rule.name);
    if (expected === null) return found.map((rule) => `${rule} wrongly refuses that ${from} imports ${to}.`);
    return found.includes(expected) ? [] : [`${expected} does not refuse that ${from} imports ${to}.`];
  });
}

/**
 * @param {string} from
 * @param {string} to
 */
function specifier(from, to) {
  return to.includes('/') ? `${'../'.repeat(from.split('/').length - 1)}${to}` : to;
}

/**
 * @param {string} file
 * @param {string} text
 */
async function write(file, text) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
