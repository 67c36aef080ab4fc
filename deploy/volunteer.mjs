import { pino } from 'pino';
import { ensureBrowser } from '../e2e/browser.mjs';
import { terminalOf } from '../signaling-server/boot/terminal-log.mjs';
import { endWithNpm } from './child.mjs';
import { runCommand } from './failure.mjs';
import { HeadlessVolunteer } from './headless-volunteer.mjs';
import { ensureInstalled } from './install.mjs';
import { decideSandbox } from './sandbox.mjs';
import { readVolunteerOptions, VOLUNTEER_HELP } from './volunteer-options.mjs';

// npm run volunteer: a volunteer on a machine without a screen.
endWithNpm();
await runCommand(async () => {
  const options = readVolunteerOptions(process.argv.slice(2));
  if (!options) {
    console.log(VOLUNTEER_HELP);
    return;
  }
  const isSandboxed = decideSandbox({ ...options, userId: process.getuid?.() });
  await ensureInstalled();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A second signal ends the process without returning the gamers' work first.
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  const log = pino({ base: null }, terminalOf(process.stdout));
  const executablePath = await ensureBrowser();
  const volunteer = new HeadlessVolunteer({ ...options, executablePath, isSandboxed }, log);
  await volunteer.serveUntil(stop.signal);
});
