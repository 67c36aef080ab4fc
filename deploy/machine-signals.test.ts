import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addData, keptData, MachineSignals, readBattery, readIdle } from './machine-signals.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'p2c2r-power-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function supply(name: string, files: Record<string, string>): void {
  mkdirSync(join(folder, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), `${text}\n`);
}

test('a battery that discharges is told with its level, and mains power ends that', () => {
  supply('AC', { type: 'Mains', online: '0' });
  supply('BAT0', { type: 'Battery', status: 'Discharging', capacity: '42' });
  expect(readBattery(folder)).toEqual({ charging: false, level: 0.42 });
  supply('BAT0', { status: 'Not charging' });
  expect(readBattery(folder)).toEqual({ charging: true, level: 0.42 });
});

test('two batteries are one; a mouse’s is none; a machine without one is on mains power', () => {
  expect(readBattery(folder)).toEqual({ charging: true, level: 1 });
  supply('mouse', { type: 'Battery', scope: 'Device', status: 'Discharging', capacity: '10' });
  expect(readBattery(folder)).toEqual({ charging: true, level: 1 });
  supply('BAT0', { type: 'Battery', status: 'Unknown', capacity: '100' });
  supply('BAT1', { type: 'Battery', status: 'Discharging', capacity: '50' });
  expect(readBattery(folder)).toEqual({ charging: false, level: 0.75 });
});

test('an empty bay is no battery, and one that does not tell its level is only known to discharge', () => {
  supply('BAT0', { type: 'Battery', status: 'Discharging', capacity: '40', present: '1' });
  supply('BAT1', { type: 'Battery', status: 'Unknown', capacity: '0', present: '0' });
  expect(readBattery(folder)).toEqual({ charging: false, level: 0.4 });
  supply('BAT0', { capacity: '' });
  expect(readBattery(folder)).toEqual({ charging: false, level: 1 });
});

test('a system that does not tell about batteries is noticed', () => {
  expect(readBattery(join(folder, 'none'))).toBeNull();
});

test('what changed while nobody watched is read again, and what cannot be read stays as it was', async () => {
  const machine = new MachineSignals({ isBattery: true, isIdle: false, isAwake: false }, folder);
  supply('BAT0', { type: 'Battery', status: 'Charging', capacity: '42' });
  await machine.open();
  supply('BAT0', { status: 'Discharging' });
  await machine.look();
  expect(machine.battery).toEqual({ charging: false, level: 0.42 });
  machine.powerSupplies = join(folder, 'none');
  await machine.look();
  expect(machine.battery).toEqual({ charging: false, level: 0.42 });
});

test('whether somebody is there X tells, else the login manager, else nobody', async () => {
  const answers = (known: Record<string, string>) => async (command: string) => {
    const answer = known[command];
    if (answer === undefined) throw new Error(`${command}: not found`);
    return answer;
  };
  const display = { DISPLAY: ':0' };
  expect(await readIdle(answers({ xprintidle: '59999\n', loginctl: 'yes\n' }), display)).toBe(false);
  expect(await readIdle(answers({ xprintidle: '60000\n' }), display)).toBe(true);
  expect(await readIdle(answers({ loginctl: 'no\n' }), display)).toBe(false);
  expect(await readIdle(answers({ xprintidle: '0', loginctl: 'yes\n' }), {})).toBe(true);
  expect(await readIdle(answers({ loginctl: '' }), {})).toBeNull();
  expect(await readIdle(answers({ xprintidle: '\n', loginctl: 'yes\n' }), display)).toBe(true);
  // X does not see what is typed into windows of Wayland.
  const wayland = { ...display, WAYLAND_DISPLAY: 'wayland-0' };
  expect(await readIdle(answers({ xprintidle: '60000\n', loginctl: 'no\n' }), wayland)).toBe(false);
  expect(await readIdle(answers({}), display)).toBeNull();
});

test('two volunteers of one machine share the data of the day, which is kept from run to run and starts anew', () => {
  const file = join(folder, 'state/data.json');
  expect(keptData(file)).toBeNull();
  addData({ day: '2031-05-07', bytes: 100 }, file);
  expect(addData({ day: '2031-05-07', bytes: 20 }, file)).toEqual({ day: '2031-05-07', bytes: 120 });
  expect(keptData(file)).toEqual({ day: '2031-05-07', bytes: 120 });
  expect(addData({ day: '2031-05-08', bytes: 3 }, file)).toEqual({ day: '2031-05-08', bytes: 3 });
  writeFileSync(file, '{"day":');
  expect(keptData(file)).toBeNull();
});
