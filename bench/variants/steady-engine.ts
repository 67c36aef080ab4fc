import { engineTaking } from './simulated-engine.ts';

/** A good GPU: 5 ms for a frame. */
export const Engine = engineTaking(5);
