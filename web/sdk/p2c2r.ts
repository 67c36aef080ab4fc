/**
 * The exports of `/p2c2r.js`: the SDK for games and volunteers.
 * @module p2c2r
 */
export { MeshError, type MeshErrorReason } from '../../shared/errors.ts';
export type * from './diagnostics-types.ts';
export { GamerClient, type GamerState } from './gamer-client.ts';
export type * from './types.ts';
export { VolunteerNode, type VolunteerState } from './volunteer-node.ts';
