import type { Context } from '../context.ts';
import type * as Gamer from './gamer.ts';
import type * as Volunteers from './volunteers.ts';

/** Starts a process with volunteers and one with a gamer that is linked to all of them. */
export async function startLinked(context: Context, options: { url: string; room: string; volunteers: number }) {
  const volunteers = context.startProcess<typeof Volunteers>('node/volunteers');
  await volunteers.call('start', { ...options, count: options.volunteers });
  const gamer = context.startProcess<typeof Gamer>('node/gamer');
  return { volunteers, gamer, linked: await gamer.call('connect', options) };
}
