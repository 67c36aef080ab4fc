import pino from 'pino';
import { expect, test } from 'vitest';
import { type JoinRequest, PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { Invites } from '../access/invites.ts';
import { LockOut } from '../access/lock-out.ts';
import { RelayAccess } from '../access/turn.ts';
import { MemoryStore } from '../store/memory.ts';
import { ManualServerClock } from '../test-clock.ts';
import { newSessionKey } from '../test-server.ts';
import type { Connection } from './connection.ts';
import { Coordinator } from './coordinator.ts';

/** Answers only when a number of callers are waiting, as a remote store may. */
class SlowStore extends MemoryStore {
  readonly #waiting: (() => void)[] = [];

  constructor(
    clock: ManualServerClock,
    private readonly callers: number,
  ) {
    super(clock);
  }

  override async partners(gamerId: string): Promise<ReadonlyMap<string, number>> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === this.callers) for (const answer of this.#waiting.splice(0)) answer();
    });
    return super.partners(gamerId);
  }
}

const connection = (): Connection => ({
  ...{ instance: 'one', socketId: 'any' },
  rttMs: 1,
  host: 'here',
  address: '192.0.2.1',
  joined() {},
  introduce() {},
  signal() {},
  gone() {},
  close() {},
});

function coordinatorFor(callers: number): Coordinator {
  const clock = new ManualServerClock();
  const store = new SlowStore(clock, callers);
  return new Coordinator({
    config: {
      ...{ roomCapacity: 8, maxSessions: 8, maxIntroductions: 8, lobby: false, invites: 'optional' },
    },
    invites: new Invites('a secret of at least thirty-two characters', store, clock),
    store,
    clock,
    log: pino({ level: 'silent' }),
    lockOut: new LockOut(1),
    relay: new RelayAccess({ iceServers: [], turnUrls: [], turnSecret: '', turnTtlS: 60, limitFactor: 1 }, clock),
    onMatch() {},
  });
}

const request = (sessionKey = newSessionKey()): JoinRequest => ({
  ...{ protocolVersion: PROTOCOL_VERSION, role: 'gamer', name: 'ann' },
  ...{ sessionKey, room: 'den', inviteOnly: true },
});

test('of two sessions that make the same invite-only room at once, one gets it and the other needs an invite', async () => {
  const coordinator = coordinatorFor(2);
  const joins = [coordinator.join(request(), connection()), coordinator.join(request(), connection())];
  const outcomes = await Promise.allSettled(joins);
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ reason: 'not-invited' }) });
  expect(coordinator.counts()).toEqual({ rooms: 1, gamers: 1, volunteers: 0 });
});

test('a session that makes an invite-only room over two sockets at once is admitted by both', async () => {
  const coordinator = coordinatorFor(2);
  const sessionKey = newSessionKey();
  const joins = [
    coordinator.join(request(sessionKey), connection()),
    coordinator.join(request(sessionKey), connection()),
  ];
  const outcomes = await Promise.all(joins);
  expect(outcomes.map(({ joined }) => joined.resumed).toSorted()).toEqual([false, true]);
});
