import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt } from '../deploy/build.mjs';
import { endWithNpm, ROOT } from '../deploy/child.mjs';
import { runCommand } from '../deploy/failure.mjs';
import { ensureInstalled } from '../deploy/install.mjs';
import { ensureBrowser } from './browser.mjs';

const USAGE = `npm run demo

Starts a server, a volunteer and a gamer in headless browsers, plays for ten seconds, and prints what they measured.
A picture before and after is in demo-output/before-after.png.`;

/** Duration of the demo, ms. */
const DURATION_MS = 10_000;
const OUTPUT = join(ROOT, 'demo-output');

// npm run demo: a server, a volunteer and a gamer in headless browsers.
endWithNpm();
await runCommand(async () => {
  await ensureInstalled();
  process.env.P2C2R_BROWSER = await ensureBrowser();
  const build = await ensureBuilt();
  const { startServer } = await import('./server-process.mjs');
  const { Stage } = await import('./demo/stage.mjs');

  const server = await startServer(build);
  try {
    console.log(`Server at ${server.url}`);
    const stage = await Stage.open(server.url);
    try {
      console.log(`Volunteer: ${await stage.startVolunteer()}`);
      await stage.firstFrame();
      const figures = await stage.watch(DURATION_MS, (line) => console.log(line));
      const { picture, sharpness } = await stage.beforeAndAfter();
      await mkdir(OUTPUT, { recursive: true });
      await writeFile(join(OUTPUT, 'before-after.png'), picture);
      console.log(`\n${table({ ...figures, 'edge contrast': `${sharpness.toFixed(2)} x bilinear` })}`);
      console.log('\nBefore and after: demo-output/before-after.png');
    } finally {
      await stage.close();
    }
  } finally {
    await server.stop();
  }
}, USAGE);

/**
 * @param {Record<string, string>} rows
 * @returns {string} two columns with a frame
 */
function table(rows) {
  const entries = Object.entries(rows);
  const widest = (/** @type {number} */ column) => Math.max(...entries.map((entry) => entry[column]?.length ?? 0));
  const [left, right] = [widest(0), widest(1)];
  const line = (/** @type {string} */ a, /** @type {string} */ b, /** @type {string} */ c) =>
    `${a}${'─'.repeat(left + 2)}${b}${'─'.repeat(right + 2)}${c}`;
  const body = entries.map(([name, value]) => `│ ${name.padEnd(left)} │ ${value.padStart(right)} │`);
  return [line('┌', '┬', '┐'), ...body, line('└', '┴', '┘')].join('\n');
}
