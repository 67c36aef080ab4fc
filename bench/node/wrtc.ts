import wrtc from '@roamhq/wrtc';
import type { MeshOptions } from '../../web/net/mesh.ts';

export type Wrtc = NonNullable<MeshOptions['wrtc']>;

/** WebRTC for Node. */
export const nodeWrtc: Wrtc = wrtc;
