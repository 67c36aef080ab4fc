import { fileURLToPath } from 'node:url';

/** @typedef {{ replaced: string, by: string }} Replacement a module of the SDK, and what is there instead */

const byPort = { replaced: here('../web/net/transferable-channel.ts'), by: here('variants/moved-port.ts') };
const quick = { replaced: here('../web/compute/engine.ts'), by: here('variants/quick-engine.ts') };
const waiting = { replaced: here('../web/compute/engine.ts'), by: here('variants/waiting-engine.ts') };

/**
 * The SDK with some of its modules replaced, for what cannot be had from the SDK as it is; the bench's server has each as
 * `/bench/sdk-NAME.js`. Everything else in it, its workers included, is what users get.
 */
export const VARIANTS = Object.freeze({
  'by-port': [byPort],
  quick: [quick],
  'quick-by-port': [quick, byPort],
  waiting: [waiting],
});

/** @typedef {keyof typeof VARIANTS} Variant */

/** @param {string} file */
function here(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}
