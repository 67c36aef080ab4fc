import type { WireError } from '../../shared/errors.ts';
import type { Capabilities } from '../../shared/messages.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import type { MovedChannel } from '../net/moved-channel.ts';

/** What travels between a volunteer's page and its worker. */

/** A volunteer's ends of one link's channels. */
export interface MovedChannels {
  tasks: MovedChannel;
  video: MovedChannel;
  pulse: MovedChannel;
}

export interface WorkerStats {
  tasksDone: number;
  framesDone: number;
  load: number;
  /** What the streams' frames are made with now, each once. */
  qualities: Quality[];
  busyMs: number;
  bytesIn: number;
  bytesOut: number;
}

export type VolunteerWorkerEvent =
  | { kind: 'stats'; stats: WorkerStats }
  /** The GPU was lost and measured anew. */
  | { kind: 'capabilities'; capabilities: Capabilities }
  | { kind: 'model-progress'; progress: ModelProgress }
  | { kind: 'link-broken'; linkId: string; error: WireError }
  | { kind: 'stream-failed'; linkId: string; streamId: number; error: WireError };
