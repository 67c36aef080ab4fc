import { GamerClient } from './sdk.mjs';

/** @typedef {import('../../web/sdk/p2c2r.ts').GamerClient} Client */

const PATIENCE_MS = 60_000;

/** @type {Client | undefined} */
let connected;

/** This page's client. @returns {Client} */
export function client() {
  if (!connected) throw new Error('This page has not connected: call connect first.');
  return connected;
}

/** @param {{ room: string, volunteers?: number }} options */
export async function connect({ room, volunteers = 1 }) {
  connected = await GamerClient.connect({ room, where: 'volunteers', iceServers: [] });
  await connected.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
}

/** For the next one to connect from this page. */
export async function close() {
  await connected?.close();
  connected = undefined;
}

/**
 * From nothing but loaded code to a volunteer that is ready for work.
 * @param {{ room: string }} options
 */
export async function joinMs(options) {
  const startedMs = performance.now();
  await connect(options);
  const tookMs = performance.now() - startedMs;
  await close();
  return tookMs;
}

/** Called once the page has this module, and with it all the code there is to load. */
export function loaded() {}
