import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { endWithNpm, ROOT } from './child.mjs';
import { runCommand } from './failure.mjs';
import { ensureInstalled } from './install.mjs';

endWithNpm();
await runCommand(async () => {
  await ensureInstalled();
  const { pagesDir, serverFile } = await ensureBuilt();
  process.chdir(ROOT);
  process.env.PAGES_DIR ||= pagesDir;
  // The server runs in this process, so it gets the signals and flags directly and sets the exit code.
  process.argv[1] = serverFile;
  await import(pathToFileURL(serverFile).href);
});
