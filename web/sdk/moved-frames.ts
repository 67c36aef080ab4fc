/** How frames get from one thread to another where streams may not be transferable. */
export { adoptFrames, canTransferStreams, writableTo } from '../stream/gamer/source/moved-frames.ts';
