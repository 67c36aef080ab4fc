import type { TaskName } from '../../shared/tasks/definition.ts';
import type { Lobby } from './lobby.ts';
import { actions, type TestGamer, type TestHelper } from './test-reference-lobby.ts';

type Reputation = TestHelper['reputation'];

/** An event around a lobby. `who` and `helper` are indexes of present members, modulo their number. */
export type Change =
  | { kind: 'gamer comes'; rttMs: number; needs: readonly TaskName[] }
  | {
      kind: 'volunteer comes';
      rttMs: number;
      load: number;
      tasks: readonly string[];
      maxGamers: number;
      done: Reputation;
      isKnown: boolean;
    }
  | { kind: 'gamer leaves' | 'gamer loses its socket' | 'volunteer leaves' | 'own helper comes'; who: number }
  | { kind: 'volunteer pauses' | 'volunteer accepts'; who: number }
  | { kind: 'volunteer is rated'; who: number; load: number; done: Reputation }
  | { kind: 'work is done'; who: number; helper: number; rttMs: number }
  | { kind: 'volunteer is accused'; who: number; helper: number; byOther: boolean };

type AnyLobby = Pick<
  Lobby<TestGamer, TestHelper>,
  'addGamer' | 'removeGamer' | 'addVolunteer' | 'removeVolunteer' | 'rerank' | 'rebalance'
>;

/** Gamers and volunteers around one lobby. Every change is reported to the lobby the way the server does it. */
export class LobbyWorld {
  readonly #gamers: TestGamer[] = [];
  readonly #away = new Set<TestGamer>();
  readonly #volunteers: TestHelper[] = [];
  #count = 0;

  constructor(private readonly lobby: AnyLobby) {}

  /** The introduced pairs, as "gamer volunteer". */
  get pairs(): string[] {
    return this.#gamers.flatMap(({ id, peers }) => [...peers.keys()].sort().map((peerId) => `${id} ${peerId}`));
  }

  get gamers(): readonly TestGamer[] {
    return this.#gamers;
  }

  apply(change: Change): void {
    if (change.kind === 'gamer comes') this.#gamerComes(change);
    else if (change.kind === 'volunteer comes') this.#volunteerComes(change);
    else if (change.kind.startsWith('volunteer') && change.kind !== 'volunteer is accused')
      this.#changeVolunteer(change);
    else this.#changeGamer(change);
    this.lobby.rebalance();
  }

  #gamerComes({ rttMs, needs }: Extract<Change, { kind: 'gamer comes' }>): void {
    const id = `g${this.#count++}`;
    const gamer = { id, rttMs, needs, peers: new Map(), partners: new Map(), accused: new Map() };
    this.#gamers.push(gamer);
    this.lobby.addGamer(gamer);
  }

  #volunteerComes(change: Extract<Change, { kind: 'volunteer comes' }>): void {
    const { rttMs, load, tasks, maxGamers, done, isKnown } = change;
    const id = `v${this.#count++}`;
    const historyId = (isKnown && this.#volunteers.at(-1)?.historyId) || id;
    const status = { load, accepting: true, tasks: [...tasks], maxGamers };
    const volunteer = {
      id,
      historyId,
      isOfLobby: true,
      rttMs,
      status,
      reputation: done,
      peers: new Map<string, TestHelper>(),
    };
    this.#volunteers.push(volunteer);
    this.lobby.addVolunteer(volunteer);
  }

  #changeVolunteer(change: Change): void {
    const volunteer = 'who' in change ? this.#volunteers[change.who % this.#volunteers.length] : undefined;
    if (!volunteer) return;
    if (change.kind === 'volunteer leaves') {
      this.#volunteers.splice(this.#volunteers.indexOf(volunteer), 1);
      const knew = this.#gamers.filter(({ peers }) => peers.has(volunteer.id));
      for (const gamer of knew) actions.unpair(gamer, volunteer);
      this.lobby.removeVolunteer(volunteer);
      for (const gamer of knew) this.#report(gamer);
    } else if (change.kind === 'volunteer is rated') {
      volunteer.status = { ...volunteer.status, load: change.load };
      volunteer.reputation = change.done;
      this.lobby.rerank(volunteer);
    } else {
      volunteer.status = { ...volunteer.status, accepting: change.kind === 'volunteer accepts' };
      this.lobby.addVolunteer(volunteer);
    }
  }

  #changeGamer(change: Change): void {
    const gamer = 'who' in change ? this.#gamers[change.who % this.#gamers.length] : undefined;
    const helper = 'helper' in change ? this.#volunteers[change.helper % this.#volunteers.length] : undefined;
    if (!gamer) return;
    if (change.kind === 'gamer leaves') this.#leave(gamer);
    else if (change.kind === 'own helper comes') gamer.peers.set(`own${this.#count}`, ownHelper(`own${this.#count++}`));
    else if (change.kind === 'gamer loses its socket' && !this.#away.delete(gamer)) this.#away.add(gamer);
    else if (change.kind === 'work is done' && helper) gamer.partners.set(helper.historyId, change.rttMs);
    else if (change.kind === 'volunteer is accused' && helper) {
      const accusers = gamer.accused.get(helper.historyId) ?? new Set();
      gamer.accused.set(helper.historyId, accusers.add(change.byOther ? 'another' : gamer.id));
    }
    if (this.#gamers.includes(gamer)) this.#report(gamer);
  }

  #leave(gamer: TestGamer): void {
    this.#gamers.splice(this.#gamers.indexOf(gamer), 1);
    const knew = [...gamer.peers.values()];
    for (const volunteer of knew) actions.unpair(gamer, volunteer);
    this.lobby.removeGamer(gamer);
    for (const volunteer of knew) if (volunteer.isOfLobby) this.lobby.addVolunteer(volunteer);
  }

  #report(gamer: TestGamer): void {
    if (this.#away.has(gamer)) this.lobby.removeGamer(gamer);
    else this.lobby.addGamer(gamer);
  }
}

/** A volunteer of the gamer's own room rather than of the lobby. */
function ownHelper(id: string): TestHelper {
  const status = { load: 0, accepting: true, tasks: [], maxGamers: 4 };
  const reputation = { completed: 0, failed: 0 };
  return { id, historyId: id, isOfLobby: false, rttMs: 1, status, reputation, peers: new Map() };
}
