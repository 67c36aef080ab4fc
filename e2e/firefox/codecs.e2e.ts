// Protects: whatever the two browsers and however busy the machine, no stream stands still in the codec that was chosen.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { found, supports } from '../support.ts';
import { expect, test } from './fixtures.ts';
import { CODECS, expectDetail, openStream, PAIRS, restrictCodecs, statsOf, useOf, WAIT } from './live-stream.ts';

const TAG = { tag: ['@firefox', '@long'] };
/** How often a codec is chosen under load. */
const RUNS = 5;
/** A machine with two busy cores gives each browser a fraction of its time. */
const LOADED_TIMEOUT_MS = 600_000;

/** Also without Firefox, which this suite's other tests do not try. */
const ALL_PAIRS = [...PAIRS, { volunteer: 'Chromium', gamer: 'Chromium' }] as const;

for (const { volunteer, gamer } of ALL_PAIRS) {
  for (const { prefix, codec, name } of CODECS) {
    test(`${name} comes first between a volunteer in ${volunteer} and a gamer in ${gamer}: the stream goes on`, {
      ...TAG,
      annotation: volunteer === gamer ? [supports(gamer, 'streams', name)] : [],
    }, async ({ volunteerIn, gamerIn }) => {
      const helper = await volunteerIn(volunteer, codec);
      const page = await gamerIn(gamer, codec, { where: 'volunteers' });
      await page.evaluate(restrictCodecs, [prefix, 'vp8']);
      const firstPictureMs = await page.evaluate(openStream, 'canvas');
      const { codec: used } = await expectDetail(page);
      test.info().annotations.push({ type: 'figures', description: `first picture ${firstPictureMs} ms, ${used}` });
      if (volunteer === gamer) found(gamer, 'streams', name, await useOf(codec, used, page, helper));
    });
  }
}

for (const source of ['track', 'video'] as const) {
  test(`a ${source} of a gamer in Chromium gets detail`, {
    ...TAG,
    annotation: supports('Chromium', 'gamer', `stream of a ${source}`),
  }, async ({ volunteerIn, gamerIn }) => {
    await volunteerIn('Firefox', source);
    const page = await gamerIn('Chromium', source, { where: 'volunteers' });
    await page.evaluate(openStream, source);
    await expectDetail(page);
  });
}

/** Beside what the machine does anyway. They end by themselves where the test's process was killed. */
function busyLoops(count: number): ChildProcess[] {
  const loop = `const end = Date.now() + ${LOADED_TIMEOUT_MS}; while (Date.now() < end);`;
  return Array.from({ length: count }, () => spawn(process.execPath, ['--eval', loop], { stdio: 'ignore' }));
}

test(
  `beside two busy loops the codec that is chosen never stands still, in ${RUNS} runs`,
  TAG,
  async ({ volunteerIn, gamerIn }) => {
    test.setTimeout(LOADED_TIMEOUT_MS);
    const loops = busyLoops(2);
    try {
      for (let run = 0; run < RUNS; run++) {
        const { volunteer, gamer } = PAIRS[run % PAIRS.length] ?? { volunteer: 'Firefox', gamer: 'Firefox' };
        // Fresh pages, which measure the codecs anew.
        const room = `loaded ${run}`;
        const helper = await volunteerIn(volunteer, room);
        const page = await gamerIn(gamer, room, { where: 'volunteers' });
        const firstPictureMs = await page.evaluate(openStream, 'canvas');
        await expectDetail(page);
        // A volunteer that a busy machine silences for a moment has none meanwhile.
        await expect.poll(async () => (await statsOf(page)).codec, WAIT).not.toBe('');
        const { codec } = await expectDetail(page);
        const description = `${volunteer} for ${gamer}: ${codec}, first picture ${Math.round(firstPictureMs)} ms`;
        test.info().annotations.push({ type: 'figures', description });
        await page.evaluate(() => window.client.close());
        await helper.evaluate(() => window.node.stop());
      }
    } finally {
      for (const loop of loops) {
        // A loop that has ended tells it no more.
        if (loop.exitCode !== null || loop.signalCode !== null) continue;
        const ended = once(loop, 'exit');
        loop.kill('SIGKILL');
        await ended;
      }
    }
  },
);
