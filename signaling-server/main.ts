import { run } from './boot/cli.ts';

const code = await run(process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  onStop: (callback) => {
    process.on('SIGINT', callback);
    process.on('SIGTERM', callback);
  },
  exit: (exitCode) => process.exit(exitCode),
  now: () => performance.now(),
});
process.exit(code);
