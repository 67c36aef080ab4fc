import { afterEach, expect, test, vi } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { DEFAULT_LIMITS } from '../volunteer-limits.ts';
import { IDLE_AFTER_MS, type MachineSignals } from './machine-signals.ts';
import { ServingConditions } from './serving-conditions.ts';

const MB = 1_000_000;

class FakeBattery extends EventTarget {
  charging = true;
  level = 1;

  set(charging: boolean, level = this.level): void {
    const event = charging === this.charging ? 'levelchange' : 'chargingchange';
    Object.assign(this, { charging, level });
    this.dispatchEvent(new Event(event));
  }
}

class FakeIdle extends EventTarget {
  userState: 'active' | 'idle' = 'idle';
  screenState: 'locked' | 'unlocked' = 'unlocked';

  set(userState: 'active' | 'idle', screenState = this.screenState): void {
    Object.assign(this, { userState, screenState });
    this.dispatchEvent(new Event('change'));
  }
}

function storage(): Pick<Storage, 'getItem' | 'setItem'> {
  const items = new Map<string, string>();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
}

let made: ServingConditions | undefined;
afterEach(() => made?.dispose());

/** @param begins - the local time at the start */
function conditions(signals: MachineSignals, begins = new Date(2031, 4, 7, 12)) {
  const clock = new ManualClock();
  const history: string[][] = [];
  const it: ServingConditions = new ServingConditions({
    clock,
    today: () => new Date(begins.getTime() + clock.now()),
    signals: { storage: storage(), ...signals },
    onChange: () => history.push(it.holds.map(({ why }) => why)),
  });
  made = it;
  return { it, clock, history, holds: () => it.holds.map(({ limit }) => limit) };
}

test('on battery it is held back, and mains power ends that', async () => {
  const battery = new FakeBattery();
  const { it, history } = conditions({ battery });
  it.limits = { ...DEFAULT_LIMITS, pauseOnBattery: true };
  await it.ready();
  battery.set(false);
  battery.set(false, 0.5);
  battery.set(true);
  expect(history).toEqual([['on battery'], []]);
});

test('where the browser refuses to tell about a battery, the limit holds back and says so, until it is lifted', async () => {
  let answer = (): Promise<FakeBattery> => Promise.reject(new DOMException('by policy', 'NotAllowedError'));
  vi.stubGlobal('navigator', { getBattery: () => answer() });
  try {
    const { it, history } = conditions({});
    it.limits = { ...DEFAULT_LIMITS, pauseOnBattery: true };
    await it.ready();
    expect(it.holds).toEqual([
      { limit: 'pauseOnBattery', why: 'this browser does not tell whether it runs on battery' },
    ]);
    it.limits = DEFAULT_LIMITS;
    expect(history.at(-1)).toEqual([]);
    answer = async () => new FakeBattery();
    it.limits = { ...DEFAULT_LIMITS, pauseBelowBattery: 0.5 };
    await it.ready();
    expect(it.holds).toEqual([]);
  } finally {
    vi.unstubAllGlobals();
  }
});

test('below a level of the battery it is held back, also where it starts so', async () => {
  const battery = new FakeBattery();
  battery.set(false, 0.25);
  const { it, history } = conditions({ battery });
  it.limits = { ...DEFAULT_LIMITS, pauseBelowBattery: 0.3 };
  await it.ready();
  expect(history).toEqual([['the battery is below 30 %']]);
  battery.set(false, 0.3);
  battery.set(false, 0.29);
  battery.set(true);
  expect(history.slice(1)).toEqual([[], ['the battery is below 30 %'], []]);
});

test('while somebody uses the computer it is held back; a locked screen means that nobody does', async () => {
  const idle = new FakeIdle();
  const { it, history } = conditions({ idle });
  it.limits = { ...DEFAULT_LIMITS, onlyWhenIdle: true };
  await it.ready();
  expect(it.holds).toEqual([]);
  idle.set('active');
  idle.set('active', 'locked');
  idle.set('active', 'unlocked');
  it.limits = DEFAULT_LIMITS;
  expect(history.slice(-4)).toEqual([['you are using this computer'], [], ['you are using this computer'], []]);
});

test('without Idle Detection it counts as used for a minute after the limit was set', async () => {
  const { it, clock, holds } = conditions({});
  it.limits = { ...DEFAULT_LIMITS, onlyWhenIdle: true };
  await it.ready();
  expect(holds()).toEqual(['onlyWhenIdle']);
  clock.advance(IDLE_AFTER_MS);
  expect(holds()).toEqual([]);
});

test('outside its hours it is held back, from minute to minute', () => {
  const { it, clock, holds } = conditions({}, new Date(2031, 4, 7, 21, 58, 30));
  it.limits = { ...DEFAULT_LIMITS, hours: [[3, 22 * 60, 23 * 60]] };
  expect(holds()).toEqual(['hours']);
  clock.advance(90_000);
  expect(holds()).toEqual([]);
  clock.advance(60 * 60_000);
  expect(holds()).toEqual(['hours']);
});

test('when the day’s data is used up it is held back until midnight, and a reload does not forget it', () => {
  const kept = { storage: storage() };
  const limits = { ...DEFAULT_LIMITS, dataMBPerDay: 500 };
  const first = conditions(kept);
  first.it.limits = limits;
  first.it.counted(300 * MB);
  first.it.counted(499 * MB);
  expect(first.holds()).toEqual([]);
  first.it.dispose();
  const { it, clock, history } = conditions(kept);
  it.limits = limits;
  it.counted(1 * MB);
  expect(history).toEqual([['today’s data limit of 500 MB is used up']]);
  expect(it.bytesToday).toBe(500 * MB);
  clock.advance(12 * 3_600_000);
  expect(history.at(-1)).toEqual([]);
  it.counted(3 * MB);
  expect(it.bytesToday).toBe(2 * MB);
});

test('volunteers of one browser count together, and storage that does not work costs only the memory', () => {
  const shared = storage();
  const [one, other] = [conditions({ storage: shared }), conditions({ storage: shared })];
  one.it.counted(2 * MB);
  other.it.counted(3 * MB);
  expect(one.it.bytesToday).toBe(5 * MB);
  one.it.dispose();
  const broken = () => {
    throw new Error('forbidden');
  };
  const { it } = conditions({ storage: { getItem: broken, setItem: broken } });
  it.counted(MB);
  it.counted(2 * MB);
  expect(it.bytesToday).toBe(2 * MB);
  other.it.dispose();
});

test('the count goes on where the storage is full and refuses what is written later', () => {
  const { getItem, setItem } = storage();
  let isFull = false;
  const full = {
    getItem,
    setItem(key: string, value: string) {
      if (isFull) throw new Error('quota');
      setItem(key, value);
    },
  };
  const { it } = conditions({ storage: full });
  it.counted(2 * MB);
  isFull = true;
  it.counted(3 * MB);
  it.counted(5 * MB);
  expect(it.bytesToday).toBe(5 * MB);
});

test('all reasons are told, and it resumes when the last of them is gone', async () => {
  const [battery, idle] = [new FakeBattery(), new FakeIdle()];
  const { it, history } = conditions({ battery, idle });
  it.limits = { ...DEFAULT_LIMITS, pauseOnBattery: true, onlyWhenIdle: true, dataMBPerDay: 1 };
  await it.ready();
  battery.set(false);
  idle.set('active');
  it.counted(MB);
  expect(it.holds).toHaveLength(3);
  battery.set(true);
  idle.set('idle');
  expect(history.at(-1)).toEqual(['today’s data limit of 1 MB is used up']);
  it.limits = DEFAULT_LIMITS;
  expect(it.holds).toEqual([]);
});

test('the computer is kept awake only while it serves', () => {
  const told: boolean[] = [];
  const { it } = conditions({ keepAwake: (isServing) => told.push(isServing) });
  it.limits = { ...DEFAULT_LIMITS, keepAwake: true };
  it.isServing = true;
  it.isServing = false;
  it.isServing = true;
  it.limits = DEFAULT_LIMITS;
  expect(told).toEqual([false, true, false, true, false]);
});

test('what it was listening to is let go when it ends', async () => {
  const battery = new FakeBattery();
  const { it, clock, history } = conditions({ battery });
  it.limits = { ...DEFAULT_LIMITS, pauseOnBattery: true, onlyWhenIdle: true };
  await it.ready();
  it.dispose();
  const before = history.length;
  battery.set(false);
  clock.advance(10 * IDLE_AFTER_MS);
  expect(history).toHaveLength(before);
  expect(clock.pending).toBe(0);
});
