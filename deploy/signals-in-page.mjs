import { addData, keptData } from './machine-signals.mjs';

/** The page counts twice a second; the file need not be written as often. */
const WRITE_INTERVAL_MS = 5_000;

/**
 * @typedef {import('./machine-signals.mjs').MachineSignals} Machine
 * @typedef {import('./machine-signals.mjs').DataOfDay} DataOfDay
 * @typedef {{ battery: import('./machine-signals.mjs').Battery | null, isIdle: boolean | null }} Told
 * @typedef {Window & {
 *   machineSignals: import('../web/sdk/types.ts').MachineSignals,
 *   machineTells(told: Told): void,
 *   reportKeepAwake(isServing: boolean): Promise<void>,
 *   reportData(added: DataOfDay): Promise<DataOfDay>,
 * }} SignalsWindow
 */

/**
 * Tells a page about the machine: `window.machineSignals` is what the SDK takes as `signals`. Call it before the page loads.
 * @param {import('playwright').Page} page
 * @param {Machine} machine
 * @param {{ warn(details: object, message: string): void }} log
 * @returns {Promise<{ tell(): Promise<void>, flush(): void }>} `tell` after the machine's signals changed, `flush` at the end
 */
export async function tellPage(page, machine, log) {
  let written = keptData() ?? { day: '', bytes: 0 };
  let unwritten = { day: '', bytes: 0 };
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  const flush = () => {
    if (unwritten.bytes === 0) return;
    try {
      written = addData(unwritten);
      unwritten = { ...unwritten, bytes: 0 };
    } catch (cause) {
      log.warn({ err: cause }, 'the data of today is not kept');
    }
    writtenAtMs = performance.now();
  };
  await page.exposeFunction('reportKeepAwake', (/** @type {boolean} */ isServing) => machine.keepAwake(isServing));
  await page.exposeFunction('reportData', (/** @type {DataOfDay} */ { day, bytes }) => {
    // Whatever yesterday's page had not written counts for nothing any more.
    unwritten = { day, bytes: bytes + (unwritten.day === day ? unwritten.bytes : 0) };
    if (performance.now() - writtenAtMs >= WRITE_INTERVAL_MS) flush();
    return { day, bytes: unwritten.bytes + (written.day === day ? written.bytes : 0) };
  });
  /** @returns {Told} */
  const told = () => ({ battery: machine.battery, isIdle: machine.isIdle });
  const { isAwake } = machine.wanted;
  await page.addInitScript(makeSignals, { told: told(), isAwake, data: written });
  return {
    flush,
    async tell() {
      // A page that is just closing needs it no more.
      await page
        .evaluate((now) => /** @type {SignalsWindow} */ (/** @type {unknown} */ (window)).machineTells(now), told())
        .catch(() => {});
    },
  };
}

/**
 * Runs in the page, so it may use nothing from outside.
 * @param {{ told: Told, isAwake: boolean, data: DataOfDay }} options
 */
function makeSignals({ told, isAwake, data }) {
  const here = /** @type {SignalsWindow} */ (/** @type {unknown} */ (window));
  /** @param {boolean} isIdle */
  const idleness = (isIdle) => ({ userState: isIdle ? 'idle' : 'active', screenState: 'unlocked' });
  const battery = told.battery && Object.assign(new EventTarget(), told.battery);
  const idle = told.isIdle === null ? null : Object.assign(new EventTarget(), idleness(told.isIdle));
  let kept = data;
  const signals = {
    ...(battery && { battery }),
    ...(idle && { idle }),
    ...(isAwake && { keepAwake: (/** @type {boolean} */ isServing) => void here.reportKeepAwake(isServing) }),
    storage: {
      getItem: () => JSON.stringify(kept),
      setItem: (/** @type {string} */ _key, /** @type {string} */ value) => {
        /** @type {DataOfDay} */
        const { day, bytes } = JSON.parse(value);
        const added = bytes - (kept.day === day ? kept.bytes : 0);
        kept = { day, bytes };
        // The answer has what other volunteers of this machine added.
        void here.reportData({ day, bytes: added }).then((all) => {
          if (all.day === kept.day && all.bytes > kept.bytes) kept = all;
        });
      },
    },
  };
  here.machineSignals = /** @type {import('../web/sdk/types.ts').MachineSignals} */ (signals);
  here.machineTells = (now) => {
    if (battery && now.battery) Object.assign(battery, now.battery).dispatchEvent(new Event('chargingchange'));
    if (idle && now.isIdle !== null) Object.assign(idle, idleness(now.isIdle)).dispatchEvent(new Event('change'));
  };
}
