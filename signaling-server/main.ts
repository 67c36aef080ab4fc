import { run } from './boot/cli.ts';

/** Resolves when the process that started this one says so, as deploy/supervisor.mjs does. */
const told = (what: string) =>
  new Promise<void>((resolve) => {
    process.on('message', (message) => {
      if (message === what) resolve();
    });
  });

const code = await run(process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  onStop: (callback) => {
    process.on('SIGINT', callback);
    process.on('SIGTERM', callback);
  },
  ready: () => process.send?.('ready'),
  onReplaced: (callback) => void told('replaced').then(callback),
  predecessorEnded: process.env.P2C2R_HAS_PREDECESSOR ? told('predecessor ended') : undefined,
  exit: (exitCode) => process.exit(exitCode),
  now: () => performance.now(),
});
process.exit(code);
