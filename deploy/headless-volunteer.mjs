import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright';
import { SetupError } from './failure.mjs';
import { MachineSignals } from './machine-signals.mjs';
import { asMissingSandbox, RUNS_WITHOUT, VOLUNTEER_FLAGS } from './sandbox.mjs';
import { tellPage } from './signals-in-page.mjs';

/** Wait before a retry when the browser or server is gone. Most come back at once, so the wait starts short and doubles up to a minute. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** After a session of at least this length the wait starts short again. */
const STABLE_MS = 60_000;
/** How often statistics are logged. */
const LOG_INTERVAL_MS = 30_000;
/** How long the page may take to return its gamers' work and leave the room. */
const STOP_MS = 5_000;

/** Errors for which a retry is useless. */
const FINAL_REASONS = ['not-invited', 'bad-input', 'protocol-version', 'unsupported-browser'];

/**
 * @typedef {import('./volunteer-options.mjs').VolunteerOptions & { executablePath: string, isSandboxed: boolean }} Options
 * @typedef {import('pino').Logger} Logger
 * @typedef {import('playwright').Page} Page
 * @typedef {Window & { volunteer: import('../web/sdk/p2c2r.ts').VolunteerNode }} VolunteerWindow
 * @typedef {import('./signals-in-page.mjs').SignalsWindow} SignalsWindow
 * @typedef {{ reason: string, message: string }} Refusal
 * @typedef {{ ok: true, adapter: string } | { ok: false, reason: string, message: string }} Started
 */

/** A volunteer in a headless browser, restarted whenever the browser or the session is lost. */
export class HeadlessVolunteer {
  /**
   * @param {Options} options
   * @param {Logger} log
   */
  constructor(options, log) {
    this.options = options;
    this.log = log;
    const { onlyWhenIdle, pauseOnBattery, pauseBelowBattery, keepAwake } = options.limits;
    this.machine = new MachineSignals({
      isBattery: Boolean(pauseOnBattery || pauseBelowBattery),
      isIdle: Boolean(onlyWhenIdle),
      isAwake: Boolean(keepAwake),
    });
  }

  /**
   * @param {AbortSignal} stop
   * Volunteers until asked to stop.
   * @throws {SetupError} when the server rejects this volunteer for good, or a limit cannot be kept on this machine
   */
  async serveUntil(stop) {
    await this.machine.open();
    let retryMs = FIRST_RETRY_MS;
    while (!stop.aborted) {
      const startedAtMs = performance.now();
      const why = await this.serveOnce(stop);
      if (stop.aborted) break;
      if (performance.now() - startedAtMs > STABLE_MS) retryMs = FIRST_RETRY_MS;
      this.log.warn({ why, retryMs }, 'not serving; trying again');
      await sleep(retryMs, undefined, { signal: stop }).catch(() => {});
      retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
    }
    this.log.info('stopped');
  }

  /**
   * Runs one browser from its start to its end.
   * @param {AbortSignal} stop
   * @returns {Promise<string>} why it ended
   */
  async serveOnce(stop) {
    const { insecure, isSandboxed } = this.options;
    if (!isSandboxed) this.log.warn(RUNS_WITHOUT);
    const browser = await this.launch();
    let flush = () => {};
    try {
      // The machine may have been unplugged while the server was away.
      await this.machine.look();
      const page = await browser.newPage({ ignoreHTTPSErrors: insecure });
      const signals = await tellPage(page, this.machine, this.log);
      flush = signals.flush;
      this.machine.watch(() => void signals.tell());
      const stopped = await whenStopped(page);
      await page.exposeFunction('reportPauses', (/** @type {string[]} */ paused) =>
        paused.length > 0 ? this.log.info({ paused }, 'paused') : this.log.info('no longer paused'),
      );
      const ended = endOf(page, stop);
      const started = await Promise.race([this.start(page), ended]);
      if (typeof started === 'string') return started;
      if (!started.ok) {
        throwIfFinal(started);
        return started.message;
      }
      this.log.info({ adapter: started.adapter, isSandboxed }, 'serving');
      // What changed before there was a page to tell.
      await signals.tell();
      const logging = setInterval(() => void this.logStatistics(page), LOG_INTERVAL_MS);
      try {
        const why = await Promise.race([ended, stopped.why]);
        if (stop.aborted) await this.leave(page);
        if (typeof why === 'string') return why;
        throwIfFinal(why);
        return why.message;
      } finally {
        clearInterval(logging);
      }
    } finally {
      this.machine.close();
      flush();
      await browser.close();
    }
  }

  /** @throws {SetupError} when Chromium finds no sandbox: it never goes on without one by itself */
  async launch() {
    const { executablePath, browserFlags, isSandboxed } = this.options;
    try {
      return await chromium.launch({
        executablePath,
        chromiumSandbox: isSandboxed,
        args: [...VOLUNTEER_FLAGS, ...browserFlags],
        // This process handles signals, so that the volunteer leaves its room before the browser ends.
        ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
      });
    } catch (cause) {
      throw asMissingSandbox(cause) ?? cause;
    }
  }

  /**
   * @param {Page} page
   * @returns {Promise<Started>}
   */
  async start(page) {
    const { url, room, invite, name, limits } = this.options;
    try {
      // Any page from the server will do; only its origin matters.
      await page.goto(`${url}/healthz`);
    } catch (cause) {
      const message = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
      if (message.includes('ERR_CERT')) {
        throw new SetupError(
          `The browser does not trust the certificate of ${url}. If this is your own server, add --insecure.`,
        );
      }
      return { ok: false, reason: 'signaling-unreachable', message };
    }
    return page.evaluate(
      async ({ module, options }) => {
        try {
          const { VolunteerNode } = await import(module);
          const { machineSignals: signals } = /** @type {SignalsWindow} */ (/** @type {unknown} */ (window));
          const node = await VolunteerNode.start({ ...options, signals });
          Object.assign(window, { volunteer: node });
          /** @type {Refusal | null} */
          let last = null;
          node.addEventListener('error', (/** @type {Event} */ event) => {
            last = /** @type {CustomEvent<{ reason: string, message: string }>} */ (event).detail;
          });
          let told = '';
          const tellPauses = () => {
            const pauses = node.limitStates.map((/** @type {{ what: string }} */ { what }) => what);
            if (pauses.join() === told) return;
            told = pauses.join();
            const { reportPauses } = /** @type {{ reportPauses(pauses: string[]): Promise<void> }} */ (
              /** @type {unknown} */ (window)
            );
            void reportPauses(pauses);
          };
          tellPauses();
          node.addEventListener('state', tellPauses);
          // The node does not resume a session that the server ended. The last error is the reason.
          node.addEventListener('state', async () => {
            if (node.state !== 'stopped') return;
            const { reportStopped } = /** @type {{ reportStopped(why: Refusal): Promise<void> }} */ (
              /** @type {unknown} */ (window)
            );
            await reportStopped({ reason: last?.reason ?? 'closed', message: last?.message ?? 'the session ended' });
          });
          return { ok: /** @type {const} */ (true), adapter: String(node.capabilities.adapter) };
        } catch (cause) {
          const { reason = '', message = String(cause) } = /** @type {{ reason?: string, message?: string }} */ (cause);
          return { ok: /** @type {const} */ (false), reason, message };
        }
      },
      {
        module: `${url}/p2c2r.js`,
        options: { room, invite, name, limits },
      },
    );
  }

  /** @param {Page} page */
  async logStatistics(page) {
    try {
      const { state, paused, stats } = await page.evaluate(() => {
        const { volunteer } = /** @type {VolunteerWindow} */ (/** @type {unknown} */ (window));
        const paused = volunteer.limitStates.map(({ what }) => what);
        return { state: volunteer.state, paused, stats: volunteer.stats() };
      });
      this.log.info({ state, ...(paused.length > 0 && { paused }), ...stats }, 'statistics');
    } catch (cause) {
      // The page is just closing; its end is logged elsewhere.
      this.log.debug({ err: cause }, 'no statistics');
    }
  }

  /** @param {Page} page */
  async leave(page) {
    this.log.info('leaving the room');
    const left = page
      .evaluate(() => /** @type {VolunteerWindow} */ (/** @type {unknown} */ (window)).volunteer.stop())
      .catch((cause) => this.log.warn({ err: cause }, 'could not leave the room'));
    await Promise.race([left, sleep(STOP_MS, undefined, { ref: false })]);
  }
}

/**
 * @param {Refusal} refusal
 * @throws {SetupError} when a retry would fail in the same way
 */
function throwIfFinal({ reason, message }) {
  if (FINAL_REASONS.includes(reason)) throw new SetupError(message);
}

/**
 * Exposes a function through which the page reports that its node stopped: a script cannot close a page that it did not open.
 * @param {Page} page
 * @returns {Promise<{ why: Promise<Refusal> }>} `why` resolves when the node stops by itself
 */
async function whenStopped(page) {
  /** @type {(why: Refusal) => void} */
  let report = () => {};
  const why = new Promise((/** @type {(why: Refusal) => void} */ resolve) => {
    report = resolve;
  });
  await page.exposeFunction('reportStopped', (/** @type {Refusal} */ reported) => report(reported));
  return { why };
}

/**
 * @param {Page} page
 * @param {AbortSignal} stop
 * @returns {Promise<string>} why the page ended
 */
function endOf(page, stop) {
  return new Promise((resolve) => {
    const onStop = () => end('asked to stop');
    /** @param {string} why */
    const end = (why) => {
      stop.removeEventListener('abort', onStop);
      resolve(why);
    };
    page.once('crash', () => end('the page crashed'));
    page.once('close', () => end('the page or its browser was closed'));
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
  });
}
