/** What `/p2c2r.js` exports: the SDK for games and volunteers. */
export { MeshError, type MeshErrorReason } from '../../shared/errors.ts';
export { GamerClient, type GamerState } from './gamer-client.ts';
export type * from './types.ts';
export { VolunteerNode, type VolunteerState } from './volunteer-node.ts';
