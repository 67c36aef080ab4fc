import { engineTaking } from './simulated-engine.ts';

/** A modest GPU: 40 ms for a frame. */
export const Engine = engineTaking(40);
