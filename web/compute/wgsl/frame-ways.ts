/** Ways of a VideoFrame into the GPU, the cheapest first: as it lies there; copied by the GPU; through the processor. */
export const WAYS_IN = ['importExternalTexture', 'copyExternalImageToTexture', 'copyTo'] as const;
export type WayIn = (typeof WAYS_IN)[number];

/** Ways of the result out of it: a canvas that stays on the GPU; read back to the processor. */
export const WAYS_OUT = ['canvas', 'readback'] as const;
export type WayOut = (typeof WAYS_OUT)[number];

export interface FrameWays {
  frameIn: WayIn;
  frameOut: WayOut;
}

/** Works wherever WebGPU does. */
export const SAFE_WAYS: FrameWays = { frameIn: 'copyTo', frameOut: 'readback' };
