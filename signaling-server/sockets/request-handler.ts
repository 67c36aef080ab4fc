import type { ClientToServerEvents, JoinRequest } from '../../shared/signaling.ts';
import type { SocketInfo } from '../rooms/connection.ts';
import type { Counts } from '../rooms/rooms.ts';

export type EventName = keyof ClientToServerEvents;

const EVENTS: Record<EventName, true> = {
  ...{ signal: true, status: true, report: true, link: true, accuse: true },
  ...{ prove: true, lobby: true, invite: true, takeback: true, remove: true, ice: true, leave: true },
};

export const isEvent = (name: string): name is EventName => Object.hasOwn(EVENTS, name);

/** To a socket that speaks for nobody. */
export const JOIN_FIRST = 'Join a room first.';

export interface Welcome {
  /** Of the session. */
  id: string;
  resumed: boolean;
}

/** Whoever decides about what sockets say: a desk in this process, or that of another instance. */
export interface RequestHandler<V extends SocketInfo = SocketInfo> {
  /**
   * The socket is told that it joined by the one who decides.
   * @throws MeshError why it may not
   */
  join(visit: V, request: JoinRequest): Promise<Welcome>;
  /** @throws MeshError what is wrong with it */
  ask(visit: V, event: EventName, payload: unknown): Promise<unknown>;
  /** The socket is gone. */
  lost(visit: V): void;
  /** Of the rooms that are decided about in this process. */
  counts(): Counts;
  close(): Promise<void>;
}
