import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { type Node, type StartNode, Volunteering } from './volunteering.ts';

/** A fake node that serves 30 frames a second. */
class FakeNode extends EventTarget {
  state: Node['state'] = 'serving';
  framesDone = 0;
  gamers = 1;
  isPolling = false;
  readonly capabilities = { adapter: 'card', backends: {} };
  limitStates: Node['limitStates'] = [];
  setLimits() {}
  stats() {
    this.framesDone += 30;
    return {
      tasksDone: 1,
      framesDone: this.framesDone,
      gamers: this.gamers,
      interrupted: 0,
      load: 0.5,
      coolingShare: 1,
      qualities: [],
      busyMs: 1,
      bytesIn: 2,
      bytesOut: 3,
      bytesToday: 5,
    };
  }
  async diagnostics() {
    return { role: 'volunteer' };
  }
  pause() {
    this.become('paused');
  }
  resume() {
    this.become('serving');
  }
  async stop() {
    this.become('stopped');
  }
  become(state: Node['state']) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}

const OPTIONS = { invite: { room: 'r', token: 't' }, name: 'calm-fox', limits: { maxGamers: 2 }, relayOnly: true };
const volunteeringWith = (start: StartNode) => new Volunteering(start, () => Date.now());

describe('volunteering', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('starts with what the person chose, pauses, resumes and stops', async () => {
    const node = new FakeNode();
    const start = vi.fn(async () => node);
    const volunteering = volunteeringWith(start);
    await volunteering.start(OPTIONS);
    expect(start).toHaveBeenCalledWith({
      ...{ room: 'r', invite: 't', name: 'calm-fox', limits: { maxGamers: 2 }, relayOnly: true },
      onModelProgress: expect.any(Function),
    });
    expect(volunteering.phase.value).toBe('serving');
    volunteering.pause();
    expect(volunteering.phase.value).toBe('paused');
    volunteering.resume();
    expect(volunteering.phase.value).toBe('serving');
    await volunteering.stop();
    expect(volunteering.phase.value).toBe('off');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps its totals when it stops', async () => {
    const volunteering = volunteeringWith(async () => new FakeNode());
    await volunteering.start(OPTIONS);
    vi.advanceTimersByTime(2_000);
    await volunteering.stop();
    expect(volunteering.figures.value?.stats).toMatchObject({ gamers: 0, interrupted: 0, load: 0 });
    expect(volunteering.figures.value?.stats.framesDone).toBeGreaterThanOrEqual(90);
  });

  it('adds up the time in which it had a gamer, and begins anew with the next start', async () => {
    const node = new FakeNode();
    const volunteering = volunteeringWith(async () => node);
    await volunteering.start(OPTIONS);
    vi.advanceTimersByTime(60_000);
    node.gamers = 0;
    vi.advanceTimersByTime(60_000);
    await volunteering.stop();
    expect(volunteering.figures.value?.helpedMs).toBe(60_000);
    await volunteering.start(OPTIONS);
    expect(volunteering.figures.value?.helpedMs).toBe(0);
    await volunteering.stop();
  });

  it('withdraws the connection warning once a gamer is linked', async () => {
    const node = new FakeNode();
    node.gamers = 0;
    const volunteering = volunteeringWith(async () => node);
    await volunteering.start(OPTIONS);
    const detail = new MeshError('connection-failed', 'No route.');
    node.dispatchEvent(new CustomEvent('error', { detail }));
    vi.advanceTimersByTime(2_000);
    expect(volunteering.warning.value).toBe(detail);
    node.gamers = 1;
    vi.advanceTimersByTime(1_000);
    expect(volunteering.warning.value).toBeNull();
    await volunteering.stop();
  });

  it('reports the frame rate, and charts at most a minute of it', async () => {
    const volunteering = volunteeringWith(async () => new FakeNode());
    await volunteering.start(OPTIONS);
    vi.advanceTimersByTime(200_000);
    expect(volunteering.figures.value?.framesPerS).toBe(30);
    expect(volunteering.figures.value?.columns[0].length).toBe(61);
    await volunteering.stop();
  });

  it('reports network fetches from the start until it stops', async () => {
    let report: Parameters<StartNode>[0]['onModelProgress'];
    const volunteering = volunteeringWith(async (options) => {
      report = options.onModelProgress;
      report?.({ model: 'fast', kind: 'wgsl', state: 'fetching', loadedBytes: 1, totalBytes: 2 });
      return new FakeNode();
    });
    await volunteering.start(OPTIONS);
    expect(volunteering.fetches.value).toMatchObject([{ model: 'fast', state: 'fetching' }]);
    report?.({ model: 'fast', kind: 'wgsl', state: 'ready', loadedBytes: 2, totalBytes: 2 });
    expect(volunteering.fetches.value).toMatchObject([{ model: 'fast', state: 'ready' }]);
    await volunteering.stop();
    report?.({ model: 'fast', kind: 'wgsl', state: 'failed', loadedBytes: 0, totalBytes: 2 });
    expect(volunteering.fetches.value).toEqual([]);
  });

  it('makes the report of its node, and before a start one of the page alone', async () => {
    const volunteering = volunteeringWith(async () => new FakeNode());
    expect(await volunteering.diagnose()).not.toHaveProperty('role');
    await volunteering.start(OPTIONS);
    expect(await volunteering.diagnose()).toEqual({ role: 'volunteer' });
    await volunteering.stop();
  });

  it('stops a node that starts after the person has stopped', async () => {
    const node = new FakeNode();
    let arrive = () => {};
    const volunteering = volunteeringWith(
      () =>
        new Promise((resolve) => {
          arrive = () => resolve(node);
        }),
    );
    const started = volunteering.start(OPTIONS);
    await volunteering.stop();
    arrive();
    await started;
    expect(node.state).toBe('stopped');
    expect(volunteering.phase.value).toBe('off');
  });

  it('can be started again after it failed, and after the server ended it', async () => {
    const node = new FakeNode();
    const start = vi
      .fn<StartNode>()
      .mockRejectedValueOnce(new MeshError('not-invited', 'Expired.'))
      .mockResolvedValue(node);
    const volunteering = volunteeringWith(start);
    await volunteering.start(OPTIONS);
    expect(volunteering.error.value?.reason).toBe('not-invited');
    volunteering.clearFailure();
    expect([volunteering.phase.value, volunteering.error.value]).toEqual(['off', null]);
    await volunteering.start(OPTIONS);
    expect(volunteering.phase.value).toBe('serving');
    node.become('stopped');
    expect(volunteering.phase.value).toBe('failed');
    expect(volunteering.error.value?.reason).toBe('closed');
    await volunteering.start(OPTIONS);
    expect(start).toHaveBeenCalledTimes(3);
    await volunteering.stop();
  });
});
