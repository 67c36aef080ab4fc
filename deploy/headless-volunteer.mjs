import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright';
import { CHROMIUM_FLAGS } from '../e2e/browser.mjs';
import { SetupError } from './failure.mjs';

/** After a browser or a server is gone: soon at first, since most come back at once, and at most a minute apart. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A session that held for so long has shown that the next one may be tried at once. */
const HELD_MS = 60_000;
/** How often what was done is logged. */
const LOG_INTERVAL_MS = 30_000;
/** What a page has to give its gamers' work back and to leave its room. */
const STOP_MS = 5_000;

/** Asking again changes nothing about these. */
const FINAL_REASONS = ['not-invited', 'bad-input', 'protocol-version', 'unsupported-browser'];

/**
 * @typedef {import('./volunteer-options.mjs').VolunteerOptions & { executablePath: string }} Options
 * @typedef {import('pino').Logger} Logger
 * @typedef {import('playwright').Page} Page
 * @typedef {Window & { volunteer: import('../web/sdk/p2c2r.ts').VolunteerNode }} VolunteerWindow
 * @typedef {{ ok: true, adapter: string } | { ok: false, reason: string, message: string }} Started
 */

/** A volunteer in a browser without a screen, started anew whenever it is lost. */
export class HeadlessVolunteer {
  /**
   * @param {Options} options
   * @param {Logger} log
   */
  constructor(options, log) {
    this.options = options;
    this.log = log;
  }

  /**
   * @param {AbortSignal} stop
   * @throws {SetupError} when the server will never have this volunteer
   */
  async serveUntil(stop) {
    let retryMs = FIRST_RETRY_MS;
    while (!stop.aborted) {
      const startedAtMs = performance.now();
      const why = await this.serveOnce(stop);
      if (stop.aborted) break;
      if (performance.now() - startedAtMs > HELD_MS) retryMs = FIRST_RETRY_MS;
      this.log.warn({ why, retryMs }, 'not serving; trying again');
      await sleep(retryMs, undefined, { signal: stop }).catch(() => {});
      retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
    }
    this.log.info('stopped');
  }

  /**
   * One browser, from its start to its end.
   * @param {AbortSignal} stop
   * @returns {Promise<string>} why it ended
   */
  async serveOnce(stop) {
    const { executablePath, browserFlags, insecure } = this.options;
    const browser = await chromium.launch({
      executablePath,
      args: [...CHROMIUM_FLAGS, ...browserFlags],
      // Signals are ours: the gamers are told before the browser goes.
      ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
    });
    try {
      const page = await browser.newPage({ ignoreHTTPSErrors: insecure });
      /** @type {{ reason: string, message: string } | null} */
      let refusal = null;
      await page.exposeFunction('tellRefusal', (/** @type {{ reason: string, message: string } | null} */ told) => {
        refusal = told;
      });
      const ended = endOf(page, stop);
      const started = await Promise.race([this.start(page), ended]);
      if (typeof started === 'string') return started;
      if (!started.ok) {
        throwIfFinal(started);
        return started.message;
      }
      this.log.info({ adapter: started.adapter }, 'serving');
      const logging = setInterval(() => void this.logFigures(page), LOG_INTERVAL_MS);
      try {
        const why = await ended;
        if (stop.aborted) await this.leave(page);
        throwIfFinal(refusal);
        return why;
      } finally {
        clearInterval(logging);
      }
    } finally {
      await browser.close();
    }
  }

  /**
   * @param {Page} page
   * @returns {Promise<Started>}
   */
  async start(page) {
    const { url, room, invite, name, maxGamers } = this.options;
    try {
      // Any page of the server's will do: it only has to come from there.
      await page.goto(`${url}/healthz`);
    } catch (cause) {
      const message = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
      if (message.includes('ERR_CERT')) {
        throw new SetupError(`Nobody vouches for the certificate of ${url}. If the server is yours, add --insecure.`);
      }
      return { ok: false, reason: 'signaling-unreachable', message };
    }
    return page.evaluate(
      async ({ module, options }) => {
        try {
          const { VolunteerNode } = await import(module);
          const node = await VolunteerNode.start(options);
          Object.assign(window, { volunteer: node });
          /** @type {{ reason: string, message: string } | null} */
          let last = null;
          node.addEventListener('error', (/** @type {Event} */ event) => {
            last = /** @type {CustomEvent<{ reason: string, message: string }>} */ (event).detail;
          });
          // A session that the server has ended is not taken up again by the node. The last error is why.
          node.addEventListener('state', async () => {
            if (node.state !== 'stopped') return;
            const { tellRefusal } = /** @type {{ tellRefusal(why: object | null): Promise<void> }} */ (
              /** @type {unknown} */ (window)
            );
            await tellRefusal(last && { reason: last.reason, message: last.message });
            window.close();
          });
          return { ok: /** @type {const} */ (true), adapter: String(node.capabilities.adapter) };
        } catch (cause) {
          const { reason = '', message = String(cause) } = /** @type {{ reason?: string, message?: string }} */ (cause);
          return { ok: /** @type {const} */ (false), reason, message };
        }
      },
      {
        module: '/p2c2r.js',
        options: { room, invite, name, ...(maxGamers !== undefined && { limits: { maxGamers } }) },
      },
    );
  }

  /** @param {Page} page */
  async logFigures(page) {
    try {
      const { state, stats } = await page.evaluate(() => {
        const { volunteer } = /** @type {VolunteerWindow} */ (/** @type {unknown} */ (window));
        return { state: volunteer.state, stats: volunteer.stats() };
      });
      this.log.info({ state, ...stats }, 'figures');
    } catch (cause) {
      // The page is just ending, and its end is told.
      this.log.debug({ err: cause }, 'no figures');
    }
  }

  /** @param {Page} page */
  async leave(page) {
    this.log.info('leaving the room');
    const left = page
      .evaluate(() => /** @type {VolunteerWindow} */ (/** @type {unknown} */ (window)).volunteer.stop())
      .catch((cause) => this.log.warn({ err: cause }, 'the room was not told'));
    await Promise.race([left, sleep(STOP_MS, undefined, { ref: false })]);
  }
}

/**
 * @param {{ reason: string, message: string } | null} refusal the last that the server said
 * @throws {SetupError} when it would say the same again
 */
function throwIfFinal(refusal) {
  if (refusal && FINAL_REASONS.includes(refusal.reason)) throw new SetupError(refusal.message);
}

/**
 * @param {Page} page
 * @param {AbortSignal} stop
 * @returns {Promise<string>} why the page is over
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
