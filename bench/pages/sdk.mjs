/** @typedef {typeof import('../../web/sdk/p2c2r.ts')} Sdk */

// A name the type checker does not try to find: the server of the bench serves the SDK there.
const SDK = '/p2c2r.js';

/** @type {Sdk} */
const sdk = await import(SDK);

export const { GamerClient, VolunteerNode } = sdk;

/**
 * The SDK, or the same with something replaced.
 * @param {import('../variants.mjs').Variant} [variant]
 * @returns {Promise<Sdk>}
 */
export async function sdkOf(variant) {
  return variant ? import(`./sdk-${variant}.js`) : sdk;
}
