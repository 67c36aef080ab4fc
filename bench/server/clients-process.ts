import { setTimeout as sleep } from 'node:timers/promises';
import { flood } from './flooding.ts';
import { type Opened, openMany, type ServerKind } from './opening.ts';
import { Sessions } from './sessions.ts';
import { measureSignals, type SignalLoad } from './signalling.ts';

/** Pages of the server's bench, without browsers, in a process of their own: does what its parent asks, one thing at a time. */

export type Question =
  | { kind: 'open'; server: ServerKind; url: string; count: number; atATime: number }
  /** How many of those are open still? */
  | { kind: 'count' }
  | { kind: 'close' }
  | { kind: 'signals'; server: 'ours' | 'peer'; url: string; load: SignalLoad; address?: string }
  | { kind: 'flood'; url: string; address: string; durationMs: number }
  /** Sessions of the real client, until they part; see {@link Sessions}. */
  | { kind: 'join'; url: string; count: number }
  | { kind: 'brace' }
  | { kind: 'begin'; everyMs: number }
  | { kind: 'standing' }
  | { kind: 'rest' }
  | { kind: 'part' };

/** A server takes so long to be done with thousands that left. */
const SETTLE_MS = 1_000;

let opened: Opened | null = null;
let sessions: Sessions | null = null;

async function answer(question: Question): Promise<unknown> {
  switch (question.kind) {
    case 'open': {
      opened = await openMany(question.server, question.url, question.count, question.atATime);
      const { held, ...figures } = opened;
      return { ...figures, count: held.length };
    }
    case 'count':
      return opened?.held.filter(({ isOpen }) => isOpen).length ?? 0;
    case 'close':
      for (const one of opened?.held ?? []) one.close();
      opened = null;
      await sleep(SETTLE_MS);
      return null;
    case 'signals':
      return measureSignals(question.server, question.url, question.load, question.address);
    case 'flood':
      return flood(question.url, question.address, question.durationMs);
    case 'join':
      sessions = await Sessions.join(question.url, question.count);
      return null;
    case 'brace':
      sessions?.brace();
      return null;
    case 'begin':
      sessions?.begin(question.everyMs);
      return null;
    case 'standing':
      return sessions?.standing() ?? null;
    case 'rest':
      sessions?.rest();
      return null;
    case 'part':
      await sessions?.close();
      sessions = null;
      return null;
  }
}

process.on('message', async (question: Question) => process.send?.(await answer(question)));
process.on('disconnect', () => process.exit());
