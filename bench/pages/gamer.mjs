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
