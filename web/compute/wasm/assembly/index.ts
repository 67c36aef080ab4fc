// The kernels of the processor: what web/compute/wasm/kernel-instance.ts calls.
export { addDetail } from './add-detail';
export { detailRows, filterRows, filterScratchBytes, openDetail, openFilter } from './filters';
export { networkRows, networkScratchBytes, openNetwork } from './network';
export { isOpaque } from './rows';
