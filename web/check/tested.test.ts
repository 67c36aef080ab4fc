// Protects: the connection test says what was tested in the browser that opens it, and no more.
import { expect, test } from 'vitest';
import { type RecordedSupport, testedHere } from './tested.ts';

const SUPPORT: RecordedSupport = {
  cells: [
    { browser: 'Chromium', role: 'gamer', feature: 'tasks', found: 'works', versions: ['156.0'] },
    { browser: 'Firefox', role: 'gamer', feature: 'tasks', found: 'works', versions: ['150.0'] },
    { browser: 'Firefox', role: 'streams', feature: 'H.264', found: 'left out', versions: ['150.0', '153.0'] },
    { browser: 'WebKitGTK', role: 'everyone', feature: 'every page loads', found: 'works', versions: ['2.50'] },
  ],
};

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
    'Our tests ran in Firefox 150.0 and 153.0 on Linux. This one is version 150.',
    ['Gamer: tasks works', 'Codec: H.264 left out'],
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/160.0.0.0 Safari/537.36 Edg/160.0.0.0',
    'Our tests ran in Chromium 156.0 on Linux. This one is version 160.',
    ['Gamer: tasks works'],
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/150.0 Safari/605.1.15',
    'Our tests ran in WebKitGTK 2.50 on Linux. It has Safari’s engine, with fewer interfaces; Safari itself was not tested.',
    ['Everyone: every page loads works'],
  ],
  ['Ladybird/1.0', 'No test of ours ran in a browser like this one.', []],
])('%s', (userAgent, where, rows) => {
  const tested = testedHere(userAgent, SUPPORT);
  expect([tested.where, tested.rows.map(({ what, found }) => `${what} ${found}`)]).toEqual([where, rows]);
});
