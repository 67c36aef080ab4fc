import { SimulatedEngine } from './simulated-engine.ts';

/** A modest GPU: 40 ms for a frame. */
export const Engine = SimulatedEngine.taking(40);
