import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { ROOT } from './child.mjs';
import { runCommand } from './failure.mjs';
import { ensureInstalled } from './install.mjs';
import { endWithNpm } from './npm-parent.mjs';

endWithNpm();
await runCommand(async () => {
  await ensureInstalled();
  const { pagesDir, serverFile } = await ensureBuilt();
  process.chdir(ROOT);
  process.env.PAGES_DIR ||= pagesDir;
  // In this very process: signals, flags and the exit code are the server's own, with nobody between.
  process.argv[1] = serverFile;
  await import(pathToFileURL(serverFile).href);
});
