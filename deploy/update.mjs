import { ensureBuilt } from './build.mjs';
import { runCommand, SetupError } from './failure.mjs';
import { ensureInstalled } from './install.mjs';
import { updateRunning } from './running-servers.mjs';

const USAGE = `npm run update

Builds what is in this folder, and has the servers that npm start runs here replaced by it, without an interruption.`;

// npm run update: builds what is in this folder now, and has the servers that npm start runs here replaced by it. Their ports stay
// open, and no session is lost.
await runCommand(async () => {
  if (process.platform === 'win32') {
    throw new SetupError('Windows cannot do this: stop npm start and run it again. Pages reconnect by themselves.');
  }
  await ensureInstalled();
  const count = await updateRunning(await ensureBuilt());
  console.log(count === 1 ? 'The server was updated.' : `${count} servers were updated.`);
}, USAGE);
