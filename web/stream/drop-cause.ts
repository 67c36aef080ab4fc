import type { VolunteerDropCause } from '../../shared/messages.ts';

/** Why a packet gave no frame. */
export type UndecodedCause = 'packet-lost' | 'decoder-busy' | 'undecodable';

/** Why a frame was not shown. */
export type DropCause =
  | VolunteerDropCause
  | UndecodedCause
  /** More frames a second than wanted. */
  | 'fps-cap'
  /** A newer one came while it waited. */
  | 'superseded'
  | 'encoder-skipped'
  | 'uplink-full'
  /** Gone on the network. */
  | 'lost'
  | 'timeout'
  /** A newer one was shown before it came back. */
  | 'late'
  | 'wrong-size'
  /** It does not show what the frame showed. */
  | 'wrong-picture'
  /** It could not be used: a size that is not possible, or the browser failed at it. */
  | 'failed'
  /** The volunteer left, or the stream changed its size. */
  | 'route-closed';
