import { keepData, keptData } from './machine-signals.mjs';

/** The page counts twice a second; the file need not be written as often. */
const WRITE_INTERVAL_MS = 5_000;

/**
 * @typedef {import('./machine-signals.mjs').MachineSignals} Machine
 * @typedef {{ battery: import('./machine-signals.mjs').Battery | null, isIdle: boolean | null }} Told
 * @typedef {Window & {
 *   machineSignals: import('../web/sdk/types.ts').MachineSignals,
 *   machineTells(told: Told): void,
 *   reportKeepAwake(isServing: boolean): Promise<void>,
 *   reportData(data: string): Promise<void>,
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
  /** @type {string | null} */
  let unwritten = null;
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  const flush = () => {
    if (unwritten === null) return;
    try {
      keepData(unwritten);
    } catch (cause) {
      log.warn({ err: cause }, 'the data of today is not kept');
    }
    unwritten = null;
    writtenAtMs = performance.now();
  };
  await page.exposeFunction('reportKeepAwake', (/** @type {boolean} */ isServing) => machine.keepAwake(isServing));
  await page.exposeFunction('reportData', (/** @type {string} */ data) => {
    unwritten = data;
    if (performance.now() - writtenAtMs >= WRITE_INTERVAL_MS) flush();
  });
  /** @returns {Told} */
  const told = () => ({ battery: machine.battery, isIdle: machine.isIdle });
  const { isAwake } = machine.wanted;
  await page.addInitScript(makeSignals, { told: told(), isAwake, data: keptData() });
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
 * @param {{ told: Told, isAwake: boolean, data: string | null }} options
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
      getItem: () => kept,
      setItem: (/** @type {string} */ _key, /** @type {string} */ value) => {
        kept = value;
        void here.reportData(value);
      },
    },
  };
  here.machineSignals = /** @type {import('../web/sdk/types.ts').MachineSignals} */ (signals);
  here.machineTells = (now) => {
    if (battery && now.battery) Object.assign(battery, now.battery).dispatchEvent(new Event('chargingchange'));
    if (idle && now.isIdle !== null) Object.assign(idle, idleness(now.isIdle)).dispatchEvent(new Event('change'));
  };
}
