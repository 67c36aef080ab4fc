import { pino } from 'pino';
import { ensureBrowser } from '../e2e/browser.mjs';
import { runCommand } from './failure.mjs';
import { HeadlessVolunteer } from './headless-volunteer.mjs';
import { ensureInstalled } from './install.mjs';
import { endWithNpm } from './npm-parent.mjs';
import { readVolunteerOptions, VOLUNTEER_HELP } from './volunteer-options.mjs';

// npm run volunteer: lends the graphics card of a machine without a screen.
endWithNpm();
await runCommand(async () => {
  const options = readVolunteerOptions(process.argv.slice(2));
  if (!options) {
    console.log(VOLUNTEER_HELP);
    return;
  }
  await ensureInstalled();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait for the gamers' goodbye.
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  const executablePath = await ensureBrowser();
  const volunteer = new HeadlessVolunteer({ ...options, executablePath }, pino({ base: null }));
  await volunteer.serveUntil(stop.signal);
});
