import pino from 'pino';
import { expect, test, vi } from 'vitest';
import { type JoinRequest, PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { InviteCodes } from '../access/invite-codes.ts';
import { Invites } from '../access/invites.ts';
import { LockOut } from '../access/lock-out.ts';
import { RelayAccess } from '../access/turn.ts';
import { MemoryStore } from '../store/memory.ts';
import { ManualServerClock } from '../test-clock.ts';
import { newSessionKey } from '../test-server.ts';
import type { Connection } from './connection.ts';
import { Coordinator } from './coordinator.ts';

/** Answers only once a number of callers were waiting, as a remote store may. */
class SlowStore extends MemoryStore {
  readonly #waiting: (() => void)[] = [];
  #hasAnswered = false;

  constructor(
    clock: ManualServerClock,
    private readonly callers: number,
  ) {
    super(clock);
  }

  override async partners(gamerId: string): Promise<ReadonlyMap<string, number>> {
    if (!this.#hasAnswered) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#hasAnswered = this.#waiting.length === this.callers;
        if (this.#hasAnswered) for (const answer of this.#waiting) answer();
      });
    }
    return super.partners(gamerId);
  }
}

const connection = (): Connection => ({
  instance: 'one',
  socketId: 'any',
  rttMs: 1,
  host: 'here',
  networks: ['network'],
  joined() {},
  introduce() {},
  signal() {},
  gone() {},
  close() {},
});

const SECRET = 'a secret of at least thirty-two characters';
const clock = new ManualServerClock();
const coordinatorFor = (callers: number) => coordinatorWith(new SlowStore(clock, callers));

function coordinatorWith(store: MemoryStore): Coordinator {
  const invites = new Invites(SECRET, store, clock);
  return new Coordinator({
    config: {
      roomCapacity: 8,
      maxSessions: 8,
      limitFactor: 0,
      maxIntroductions: 8,
      lobby: false,
      invites: 'optional',
    },
    invites,
    codes: new InviteCodes(SECRET, store, invites, clock),
    store,
    clock,
    log: pino({ level: 'silent' }),
    lockOut: new LockOut(1),
    relay: new RelayAccess({ iceServers: [], turnUrls: [], turnSecret: '', turnTtlS: 60, limitFactor: 1 }, clock),
    onMatch() {},
  });
}

const request = (sessionKey = newSessionKey()): JoinRequest => ({
  protocolVersion: PROTOCOL_VERSION,
  role: 'gamer',
  name: 'ann',
  sessionKey,
  room: 'den',
  inviteOnly: true,
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
  expect(outcomes.map(({ joined }) => joined.owner)).toEqual([true, true]);
});

test('a member that is removed, or whose invite is revoked, while its join is under way does not get in', async () => {
  const store = new MemoryStore(clock);
  const coordinator = coordinatorWith(store);
  const { member: owner } = await coordinator.join(request(), connection());
  const joining = async (volunteerKey: string) => {
    const { token } = await coordinator.invite(owner, { role: 'volunteer', expiresInS: 60 });
    const join = () => coordinator.join({ ...request(volunteerKey), role: 'volunteer', invite: token }, connection());
    return { token, join };
  };
  /** Does something while the join waits for the store. */
  const meanwhile = (act: () => Promise<void>) =>
    vi.spyOn(store, 'partners').mockImplementationOnce(async () => {
      await act();
      return new Map();
    });

  const removed = await joining(newSessionKey());
  const { member } = await removed.join();
  const again = await joining(newSessionKey());
  meanwhile(() => coordinator.owner.revoke(owner, { token: again.token }));
  await expect(again.join()).rejects.toThrow(/revoked/);
  meanwhile(() => coordinator.owner.remove(owner, { volunteerId: member.id }));
  await expect(removed.join(), 'over another socket of the same session').rejects.toThrow(/has removed/);
  expect(coordinator.counts()).toMatchObject({ volunteers: 0 });
});
