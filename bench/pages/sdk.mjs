// A name the type checker does not try to find: the server of the bench serves the SDK there.
const SDK = '/p2c2r.js';

/** @type {typeof import('../../web/sdk/p2c2r.ts')} */
const sdk = await import(SDK);

export const { GamerClient, VolunteerNode } = sdk;
