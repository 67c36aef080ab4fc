import wrtc from '@roamhq/wrtc';
import type { MeshOptions } from '../../web/net/mesh.ts';

export type Wrtc = NonNullable<MeshOptions['wrtc']>;

/**
 * WebRTC for Node. Its channels lack `bufferedamountlow`, which only those wait for who send more than a mebibyte at a time: the
 * bench stays far below.
 */
export const nodeWrtc: Wrtc = wrtc;
