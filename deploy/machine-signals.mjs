import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from './failure.mjs';

/** Where Linux tells about batteries and mains power. */
const POWER_SUPPLIES = '/sys/class/power_supply';
/** The kernel announces a change to root's programs only, so this reads a few small files. */
const BATTERY_INTERVAL_MS = 1_000;
/** Each look is a process, and it counts as idle only after a minute without input. */
const IDLE_INTERVAL_MS = 5_000;
const IDLE_AFTER_MS = 60_000;
/** A stopped session bus must not hold the volunteer up. */
const COMMAND_TIMEOUT_MS = 2_000;

const run = promisify(execFile);

/**
 * @typedef {{ charging: boolean, level: number }} Battery
 * @typedef {{ isBattery: boolean, isIdle: boolean, isAwake: boolean }} Wanted
 * @typedef {(command: string, args: string[]) => Promise<string>} Command resolves to what a command prints, or rejects
 */

/**
 * Reads the machine's batteries. Several are one: together they are charging unless one discharges, and the level is their mean.
 * @param {string} [folder]
 * @returns {Battery | null} null where the system does not tell; a machine without a battery is always charging
 */
export function readBattery(folder = POWER_SUPPLIES) {
  /** @type {string[]} */
  let names = [];
  try {
    names = readdirSync(folder);
  } catch {
    return null;
  }
  /** @param {string} name @param {string} file */
  const read = (name, file) => {
    try {
      return readFileSync(join(folder, name, file), 'utf8').trim();
    } catch {
      return '';
    }
  };
  // A mouse has a battery too; its scope is Device. An empty bay is a battery that is not present.
  const batteries = names.filter(
    (name) => read(name, 'type') === 'Battery' && read(name, 'scope') !== 'Device' && read(name, 'present') !== '0',
  );
  const charging = batteries.every((name) => read(name, 'status') !== 'Discharging');
  const percents = batteries.map((name) => read(name, 'capacity')).filter((text) => /^\d+$/.test(text));
  // A driver need not tell how full its battery is.
  if (percents.length === 0) return { charging, level: 1 };
  return { charging, level: percents.reduce((sum, percent) => sum + Number(percent), 0) / percents.length / 100 };
}

/**
 * Whether nobody uses this machine, as X tells where it draws the screen, else as systemd's login manager does. Under Wayland X sees only what
 * is typed into its own windows.
 * @param {Command} [command]
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<boolean | null>} null where neither tells
 */
export async function readIdle(command = output, env = process.env) {
  if (env.DISPLAY && !env.WAYLAND_DISPLAY) {
    const idleMs = (await command('xprintidle', []).catch(() => '')).trim();
    if (/^\d+$/.test(idleMs)) return Number(idleMs) >= IDLE_AFTER_MS;
  }
  // Without the name of a session these are the properties of all of them.
  const hint = (await command('loginctl', ['show-session', '--property=IdleHint', '--value']).catch(() => '')).trim();
  return hint === 'yes' || hint === 'no' ? hint === 'yes' : null;
}

/** @type {Command} */
async function output(command, args) {
  return (await run(command, args, { timeout: COMMAND_TIMEOUT_MS })).stdout;
}

/** Only sleep: to hold off idleness too would look to `--only-when-idle` as if somebody used the machine. */
const INHIBIT = ['--what=sleep', '--who=p2c2r volunteer', '--why=It computes for gamers', '--mode=block'];

/** @returns {string | null} why the machine cannot be kept awake, in the system's words; null when it can */
function whyNotAwake() {
  const options = { encoding: /** @type {const} */ ('utf8'), timeout: COMMAND_TIMEOUT_MS };
  const { status, error, stderr } = spawnSync('systemd-inhibit', [...INHIBIT, 'true'], options);
  if (status === 0) return null;
  return error?.message ?? (stderr.trim().split('\n', 1)[0] || `it ended with ${status}`);
}

/** What this machine tells about itself to a volunteer without a screen. */
export class MachineSignals {
  /**
   * @param {Wanted} wanted what its limits need
   * @param {string} [powerSupplies] the folder that tells about batteries
   */
  constructor(wanted, powerSupplies = POWER_SUPPLIES) {
    this.wanted = wanted;
    this.powerSupplies = powerSupplies;
    /** @type {Battery | null} */
    this.battery = null;
    /** @type {boolean | null} */
    this.isIdle = null;
    /** @type {import('node:child_process').ChildProcess | null} */
    this.inhibitor = null;
    /** @type {NodeJS.Timeout[]} */
    this.timers = [];
  }

  /**
   * Sees whether what is wanted can be told here, before the browser starts.
   * @throws {SetupError} with a sentence for each flag that could do nothing here
   */
  async open() {
    const { isBattery, isIdle, isAwake } = this.wanted;
    /** @type {string[]} */
    const problems = [];
    await this.look();
    if (isBattery && !this.battery) {
      problems.push(
        `--pause-on-battery and --pause-below-battery need ${POWER_SUPPLIES}, which this system does not have. Leave them out.`,
      );
    }
    if (isIdle && this.isIdle === null) {
      problems.push(
        '--only-when-idle needs xprintidle and a display, or systemd-logind, and neither tells here whether the machine is used. Leave it out, or install xprintidle.',
      );
    }
    const refusal = isAwake ? whyNotAwake() : null;
    if (refusal !== null) {
      problems.push(
        `--keep-awake needs systemd-inhibit, and a running systemd-logind that permits it (${refusal}). Leave it out here.`,
      );
    }
    if (problems.length > 0) throw new SetupError(problems.join('\n'));
  }

  /** Reads what is wanted. What cannot be read just now stays as it was. */
  async look() {
    this.lookAtBattery();
    await this.lookForPeople();
  }

  lookAtBattery() {
    if (this.wanted.isBattery) this.battery = readBattery(this.powerSupplies) ?? this.battery;
  }

  async lookForPeople() {
    if (this.wanted.isIdle) this.isIdle = (await readIdle()) ?? this.isIdle;
  }

  /**
   * Calls back whenever the battery or the idleness changed, until {@link close}.
   * @param {() => void} onChange
   */
  watch(onChange) {
    const { isBattery, isIdle } = this.wanted;
    /** @param {() => Promise<void> | void} look @param {number} intervalMs */
    const repeat = (look, intervalMs) => {
      const before = () => JSON.stringify([this.battery, this.isIdle]);
      const timer = setInterval(async () => {
        const known = before();
        await look();
        if (before() !== known) onChange();
      }, intervalMs);
      this.timers.push(timer);
    };
    if (isBattery) repeat(() => this.lookAtBattery(), BATTERY_INTERVAL_MS);
    if (isIdle) repeat(() => this.lookForPeople(), IDLE_INTERVAL_MS);
  }

  /**
   * Keeps the machine from falling asleep, or lets it.
   * @param {boolean} isServing
   */
  keepAwake(isServing) {
    if (isServing === (this.inhibitor !== null)) return;
    this.inhibitor?.kill();
    // It holds the lock for as long as its command runs, which reads until this process ends, however that happens.
    this.inhibitor = isServing
      ? spawn('systemd-inhibit', [...INHIBIT, 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] })
      : null;
    this.inhibitor?.on('error', () => {});
  }

  close() {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    this.keepAwake(false);
  }
}

/** Where the data of the day is kept between runs: the XDG Base Directory Specification's folder for state. */
export const DATA_FILE = join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'p2c2r/data-today.json');

/** @typedef {{ day: string, bytes: number }} DataOfDay a local date, and what was sent and received on it */

/** @returns {DataOfDay | null} what {@link addData} wrote last */
export function keptData(file = DATA_FILE) {
  try {
    const { day, bytes } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof day === 'string' && Number.isFinite(bytes) ? { day, bytes } : null;
  } catch {
    return null;
  }
}

/**
 * Adds to what the file holds, since all volunteers of this machine's user share it.
 * @param {DataOfDay} added
 * @returns {DataOfDay} what the file holds now
 * @throws {Error} if the file cannot be written
 */
export function addData(added, file = DATA_FILE) {
  const kept = keptData(file);
  const bytes = added.bytes + (kept?.day === added.day ? kept.bytes : 0);
  const data = { day: added.day, bytes };
  mkdirSync(dirname(file), { recursive: true });
  // Renamed, so that nobody reads half of it.
  const written = `${file}.${process.pid}`;
  writeFileSync(written, JSON.stringify(data));
  renameSync(written, file);
  return data;
}
