import { BareSocket } from './bare-socket.ts';
import { OurSocket } from './our-socket.ts';
import { PeerSocket } from './peer-socket.ts';

export type ServerKind = 'ours' | 'peer' | 'peer, named' | 'bare';

/** An open connection to one of the servers. */
export interface Held {
  readonly isOpen: boolean;
  close(): void;
}

const ROOM_SIZE = 8;

/** Opens a connection as a page of that server's does, to where it is of use. The nth of a server is in the room of its eight. */
export async function openOne(kind: ServerKind, url: string, nth: number): Promise<Held> {
  if (kind === 'ours') {
    const socket = new OurSocket(url, {
      role: nth % ROOM_SIZE === 0 ? 'gamer' : 'volunteer',
      room: `room ${Math.floor(nth / ROOM_SIZE)}`,
    });
    await socket.joined;
    return socket;
  }
  if (kind === 'bare') {
    const socket = new BareSocket(url);
    await socket.open;
    return socket;
  }
  const socket = kind === 'peer' ? new PeerSocket(url, await PeerSocket.newId(url)) : new PeerSocket(url);
  await socket.open;
  return socket;
}

export interface Opened {
  held: Held[];
  /** From asking to being let in, of each, ms. */
  tookMs: number[];
  totalMs: number;
  /** Why the first that was not let in was not; null when all were. */
  refusal: string | null;
}

/** Opens so many, a number of them at a time; stops at the first that is not let in. */
export async function openMany(kind: ServerKind, url: string, count: number, atATime: number): Promise<Opened> {
  const opened: Opened = { held: [], tookMs: [], totalMs: 0, refusal: null };
  const startedMs = performance.now();
  let nth = 0;
  const openInTurn = async () => {
    while (nth < count && opened.refusal === null) {
      const askedMs = performance.now();
      try {
        opened.held.push(await openOne(kind, url, nth++));
        opened.tookMs.push(performance.now() - askedMs);
      } catch (cause) {
        opened.refusal ??= cause instanceof Error ? cause.message : String(cause);
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, openInTurn));
  opened.totalMs = performance.now() - startedMs;
  return opened;
}
