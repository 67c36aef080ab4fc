import { beforeEach, expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import type { TaskOptions, VolunteerInfo } from '../sdk/types.ts';
import { GAME_STATUS_INTERVAL_MS, GameWork, type WorkClient } from './game-work.ts';
import { hangarScene } from './hangar.ts';
import type { PartRequest } from './messages.ts';
import { STEER_HOLD_S } from './simulation/pilots.ts';
import { STATUS_WINDOW_MS, TASK_TIMEOUT_MS } from './work-log.ts';

const REQUEST: PartRequest = { part: 'ships', id: 1, input: { model: 'steering', inputs: {} } };
const HANGAR: PartRequest<'hangar'> = { part: 'hangar', id: 1, input: hangarScene(0, 1) };
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

  /** Finishes the oldest task. */
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
  // The fake has all that GameWork uses.
  work.useClient(client as unknown as WorkClient);
});

const ships = () => {
  clock.advance(GAME_STATUS_INTERVAL_MS);
  return work.parts.ships.status.value;
};

it('submits no task while no volunteer can do it, and says why', async () => {
  expect(await work.run(REQUEST)).toBeNull();
  expect(ships()).toMatchObject({ by: 'game', why: 'No volunteer is linked.' });
  client.link(volunteer({ tasks: ['upscale'] }), volunteer({ tasks: ['infer'], barred: true }));
  expect(await work.run(REQUEST)).toBeNull();
  expect(ships()).toMatchObject({ by: 'game', why: 'No volunteer here can do it.' });
  work.useClient(null);
  expect(await work.run(REQUEST)).toBeNull();
  expect(client.submitted).toEqual([]);
});

it('returns the result and says who computed it', async () => {
  client.link(HELPER);
  const running = work.run(REQUEST);
  expect(client.submitted[0]?.options).toMatchObject({ where: 'volunteers', timeoutMs: TASK_TIMEOUT_MS });
  client.finish('v1');
  expect(await running).toEqual({ outputs: {} });
  expect(ships()).toEqual({ by: 'v1', perSecond: 0.5, medianMs: 8, why: '' });
});

it('a part set to run here needs no volunteer', async () => {
  work.setWhere('ships', 'local');
  const running = work.run(REQUEST);
  expect(client.submitted[0]?.options.where).toBe('local');
  client.finish('local');
  await running;
  expect(ships().by).toBe('local');
});

it('the hangar is rendered here while no volunteer can, since without a picture it stays black', async () => {
  const running = work.run(HANGAR);
  expect(client.submitted[0]?.options.where).toBe('local');
  // One who cannot render it changes nothing.
  client.link(volunteer({ tasks: ['infer'] }));
  client.finish('local');
  expect(await running).not.toBeNull();
  clock.advance(GAME_STATUS_INTERVAL_MS);
  expect(work.parts.hangar.status.value.by).toBe('local');
  client.link(volunteer({ tasks: ['raytracing'] }));
  const left = work.run(HANGAR);
  expect(client.submitted[0]?.options.where).toBe('volunteers');
  client.link();
  expect(await left).toBeNull();
});

it('cancels a task when the last volunteer leaves or the switch is turned', async () => {
  client.link(HELPER);
  const left = work.run(REQUEST);
  client.link();
  expect(await left).toBeNull();
  client.link(HELPER);
  const switched = work.run(REQUEST);
  work.setWhere('ships', 'local');
  expect(await switched).toBeNull();
});

it('says that the game does it while a result is overdue', async () => {
  client.link(HELPER);
  const running = work.run(REQUEST);
  expect(ships()).toMatchObject({ by: 'game', why: 'Waiting for a result.' });
  client.finish('v1');
  await running;
  expect(ships().by).toBe('v1');
});

it('late results and failures count as the game’s own work', async () => {
  client.link(HELPER);
  const late = work.run(REQUEST);
  client.finish('v1', STEER_HOLD_S * 1000 + 1);
  await late;
  expect(ships()).toMatchObject({ by: 'game', why: 'Results come too late.' });
  const failed = work.run(REQUEST);
  client.submitted.shift()?.reject(new MeshError('volunteer-failed', 'It went away.'));
  expect(await failed).toBeNull();
  expect(ships()).toMatchObject({ by: 'game', why: 'It went away.' });
});

it('reports nothing while the game is paused', async () => {
  client.link(HELPER);
  const running = work.run(REQUEST);
  client.finish('v1');
  await running;
  expect(ships().by).toBe('v1');
  clock.advance(STATUS_WINDOW_MS.ships + GAME_STATUS_INTERVAL_MS);
  expect(work.parts.ships.status.value.by).toBeNull();
});
