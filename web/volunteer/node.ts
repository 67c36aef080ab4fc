import type { VolunteerNode } from '../sdk/p2c2r.ts';

/** What the page uses of a node: a seam, so that tests can stand in for the mesh. */
export type Node = Pick<
  VolunteerNode,
  | 'capabilities'
  | 'state'
  | 'limits'
  | 'setLimits'
  | 'stats'
  | 'pause'
  | 'resume'
  | 'stop'
  | 'addEventListener'
  | 'removeEventListener'
>;

export type StartNode = (options: NonNullable<Parameters<typeof VolunteerNode.start>[0]>) => Promise<Node>;
export type NodeStats = ReturnType<Node['stats']>;
