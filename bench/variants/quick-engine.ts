import { SimulatedEngine } from './simulated-engine.ts';

/** A GPU that takes almost no time. */
export const Engine = SimulatedEngine.taking(0);
