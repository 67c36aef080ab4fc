// The kernels of the processor: what web/compute/wasm/wasm-kernels.ts calls.
export { filterRows, filterScratchBytes, openFilter } from './filters';
export { isOpaque } from './rows';
export { networkRows, networkScratchBytes, openNetwork } from './network';
