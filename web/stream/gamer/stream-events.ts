import type { WireError } from '../../../shared/errors.ts';
import type { StreamSize } from '../frame-size.ts';
import type { StreamStats } from './stream-statistics.ts';

/** What a stream's worker tells its page, over a MessagePort of the stream's own. */
export type StreamEvent =
  /** Before the first frame and whenever the source changes its size: a volunteer must be set up for it. */
  | { kind: 'size'; size: StreamSize }
  /** The volunteer's stream is of no more use and was let go. */
  | { kind: 'volunteer-failed'; streamId: number; error: WireError }
  | { kind: 'stats'; stats: StreamStats }
  /** The source ended. The stream has to be closed all the same. */
  | { kind: 'ended'; error: WireError };
