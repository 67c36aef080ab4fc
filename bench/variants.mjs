import { fileURLToPath } from 'node:url';

/**
 * The SDK with one of its modules replaced, for what cannot be had from the SDK as it is; the bench's server has each as
 * `/bench/sdk-NAME.js`. Everything else in it, its workers included, is what users get.
 */
export const VARIANTS = Object.freeze({
  'by-port': { replaced: here('../web/net/moved-channel.ts'), by: here('variants/moved-port.ts') },
  quick: { replaced: here('../web/compute/engine.ts'), by: here('variants/quick-engine.ts') },
  waiting: { replaced: here('../web/compute/engine.ts'), by: here('variants/waiting-engine.ts') },
});

/** @typedef {keyof typeof VARIANTS} Variant */

/** @param {string} file */
function here(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}
