import { ensureBuilt } from './build.mjs';
import { endWithNpm, ROOT } from './child.mjs';
import { runCommand } from './failure.mjs';
import { ensureInstalled } from './install.mjs';
import { superviseBuild } from './running-servers.mjs';

endWithNpm();
await runCommand(async () => {
  await ensureInstalled();
  const build = await ensureBuilt();
  process.chdir(ROOT);
  await superviseBuild(build);
});
