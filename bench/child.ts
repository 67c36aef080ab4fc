import { pathToFileURL } from 'node:url';

/** A call of an exported function, and its answer. */
export type Call = { name: string; args: unknown[] };
export type Reply = { value: unknown } | { error: string };

// A process that calls exports of one module for the process that started it; see Context.startProcess.
// Argument: the bundled module.
const loaded: Promise<Record<string, (...args: unknown[]) => unknown>> = import(
  pathToFileURL(process.argv[2] ?? '').href
);

process.on('message', async ({ name, args }: Call) => {
  const reply: Reply = await (async () => ({ value: await (await loaded)[name]?.(...args) }))().catch(
    (cause: unknown) => ({ error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }),
  );
  process.send?.(reply);
});
process.on('disconnect', () => process.exit());
