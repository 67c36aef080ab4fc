// The game's work goes where the person wants it, is never waited for in vain, and the page tells who does it.
import { beforeEach, expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/manual-clock.ts';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import type { TaskOptions, VolunteerInfo } from '../sdk/types.ts';
import { GameWork, type WorkClient } from './game-work.ts';
import type { Question } from './messages.ts';
import { GAME_WORK } from './tuning.ts';

const QUESTION: Question = { part: 'ships', id: 1, input: { model: 'steering', inputs: {} } };
const HELPER = volunteer({ tasks: ['infer'] });

interface Submitted {
  options: TaskOptions;
  resolve(value: unknown): void;
  reject(error: MeshError): void;
}

class FakeClient extends EventTarget {
  volunteers: VolunteerInfo[] = [];
  readonly submitted: Submitted[] = [];

  submitTask(_type: string, _input: unknown, options: TaskOptions) {
    const result = new Promise((resolve, reject) => {
      this.submitted.push({ options, resolve, reject });
      options.signal?.addEventListener('abort', () => reject(MeshError.cancelled()));
    });
    return { result };
  }

  link(...volunteers: VolunteerInfo[]): void {
    this.volunteers = volunteers;
    this.dispatchEvent(new Event('volunteers'));
  }

  /** Does the oldest task. */
  finish(ranOn: string, totalMs = 8): void {
    this.submitted.shift()?.resolve({ outputs: {}, timing: { ranOn, totalMs } });
  }
}

let clock: ManualClock;
let client: FakeClient;
let work: GameWork;

beforeEach(() => {
  clock = new ManualClock();
  client = new FakeClient();
  work = new GameWork(clock);
  // Only what GameWork uses is there.
  work.useClient(client as unknown as WorkClient);
});

const ships = () => {
  clock.advance(GAME_WORK.tellMs);
  return work.parts.ships.told.value;
};

it('asks nobody while no volunteer can do it, and says why', async () => {
  expect(await work.run(QUESTION)).toBeNull();
  expect(ships()).toMatchObject({ by: 'game', why: 'No volunteer is linked.' });
  client.link(volunteer({ tasks: ['upscale'] }), volunteer({ tasks: ['infer'], barred: true }));
  expect(await work.run(QUESTION)).toBeNull();
  expect(ships()).toMatchObject({ by: 'game', why: 'No volunteer here can do it.' });
  work.useClient(null);
  expect(await work.run(QUESTION)).toBeNull();
  expect(client.submitted).toEqual([]);
});

it('gives the game the result and tells who computed it', async () => {
  client.link(HELPER);
  const running = work.run(QUESTION);
  expect(client.submitted[0]?.options).toMatchObject({ where: 'volunteers', timeoutMs: GAME_WORK.timeoutMs });
  client.finish('v1');
  expect(await running).toEqual({ outputs: {} });
  expect(ships()).toEqual({ by: 'v1', perSecond: 0.5, typicalMs: 8, why: '' });
});

it('what is asked for here runs here, with no volunteer as well', async () => {
  work.setWhere('ships', 'local');
  const running = work.run(QUESTION);
  expect(client.submitted[0]?.options.where).toBe('local');
  client.finish('local');
  await running;
  expect(ships().by).toBe('local');
});

it('a task ends when its last volunteer leaves or the switch is turned, and the game goes on by itself', async () => {
  client.link(HELPER);
  const left = work.run(QUESTION);
  client.link();
  expect(await left).toBeNull();
  client.link(HELPER);
  const switched = work.run(QUESTION);
  work.setWhere('ships', 'local');
  expect(await switched).toBeNull();
});

it('says that the game does it while an answer is long in coming', async () => {
  client.link(HELPER);
  const running = work.run(QUESTION);
  expect(ships()).toMatchObject({ by: 'game', why: 'Waiting for an answer.' });
  client.finish('v1');
  await running;
  expect(ships().by).toBe('v1');
});

it('answers that come too late, and failures, are told as the game’s own work', async () => {
  client.link(HELPER);
  const late = work.run(QUESTION);
  client.finish('v1', GAME_WORK.steerHoldS * 1000 + 1);
  await late;
  expect(ships()).toMatchObject({ by: 'game', why: 'Answers come too late.' });
  const failed = work.run(QUESTION);
  client.submitted.shift()?.reject(new MeshError('volunteer-failed', 'It went away.'));
  expect(await failed).toBeNull();
  expect(ships()).toMatchObject({ by: 'game', why: 'It went away.' });
});

it('tells nothing of a game that stands still', async () => {
  client.link(HELPER);
  const running = work.run(QUESTION);
  client.finish('v1');
  await running;
  expect(ships().by).toBe('v1');
  clock.advance(GAME_WORK.windowMs.ships + GAME_WORK.tellMs);
  expect(work.parts.ships.told.value.by).toBeNull();
});
