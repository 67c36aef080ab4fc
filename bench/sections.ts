import type { Section } from './context.ts';
import { infer, networksWasm, types } from './sections/compute.ts';
import { kernels, kernelsNode } from './sections/kernels.ts';
import { kill } from './sections/kill.ts';
import { nodeVolunteers } from './sections/node-volunteers.ts';
import { peerjs } from './sections/peerjs.ts';
import { quality } from './sections/quality.ts';
import { server } from './sections/server.ts';
import { simulate } from './sections/simulate.ts';
import { stream, streamQuality, streamTwo } from './sections/stream.ts';
import { streamImpaired } from './sections/stream-impaired.ts';
import { streamKill } from './sections/stream-kill.ts';
import { streamSoak } from './sections/stream-soak.ts';
import { backends, echo, link, upscale } from './sections/tasks.ts';
import { trust } from './sections/trust.ts';
import { wire } from './sections/wire.ts';

/** All sections by name. */
export const SECTIONS: readonly Section[] = [
  ...[backends, echo, infer, kernels, kernelsNode, kill, link, networksWasm, nodeVolunteers, peerjs, quality, server],
  ...[simulate, stream, streamImpaired, streamKill, streamQuality, streamSoak, streamTwo, trust, types, upscale, wire],
];
