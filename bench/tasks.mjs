import { chromium } from 'playwright';
import { ensureBuilt } from '../deploy/build.mjs';
import { runCommand } from '../deploy/failure.mjs';
import { ensureInstalled } from '../deploy/install.mjs';
import { ensureBrowser } from '../e2e/browser.mjs';
import { table } from '../e2e/demo/table.mjs';
import { launchOptions } from '../e2e/launch.mjs';
import { startServer } from '../e2e/server-process.mjs';
import { measureTasks } from './measure-tasks.mjs';

// node bench/tasks.mjs: tasks between two pages of one browser on this machine, all figures of one run. Compare ratios, not machines.
await runCommand(async () => {
  await ensureInstalled();
  process.env.P2C2R_BROWSER = await ensureBrowser();
  const server = await startServer(await ensureBuilt());
  const browser = await chromium.launch(await launchOptions());
  try {
    const context = await browser.newContext();
    const [volunteer, gamer] = [await context.newPage(), await context.newPage()];
    for (const page of [volunteer, gamer]) await page.goto(new URL('/healthz', server.url).href);
    const options = { module: '/p2c2r.js', room: 'bench' };
    await volunteer.evaluate(async ({ module, room }) => {
      const { VolunteerNode } = await import(module);
      await VolunteerNode.start({ room });
    }, options);
    const { roundTripMs, perS, megabytesPerS } = await gamer.evaluate(measureTasks, options);
    console.log(
      table({
        'echo 64 B, round trip p50 / p95': `${roundTripMs.p50.toFixed(2)} / ${roundTripMs.p95.toFixed(2)} ms`,
        'echo 1 kB, one after another': `${perS.oneByOne.toFixed(0)} /s`,
        'echo 1 kB, pipelined': `${perS.pipelined.toFixed(0)} /s, ${(perS.pipelined / perS.oneByOne).toFixed(1)} x`,
        'upscale 64x36 twofold, here': `${perS.upscaleHere.toFixed(0)} /s`,
        'upscale 64x36 twofold, volunteer': `${perS.upscaleThere.toFixed(0)} /s, ${(perS.upscaleThere / perS.upscaleHere).toFixed(1)} x`,
        'echo 5 MB, both ways': `${megabytesPerS.toFixed(0)} MB/s`,
      }),
    );
  } finally {
    await browser.close();
    await server.stop();
  }
});
