import { SimulatedEngine } from './simulated-engine.ts';

/** A modest GPU. */
export const Engine = SimulatedEngine.taking(40);
