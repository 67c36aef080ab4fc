/**
 * What a sentence about a stream is about: for programs, which must not go by its words. A name, or the message of an error, may hold any.
 *
 * - `source-ended`: the source ended or failed. Its last picture stays.
 * - `frame-failed`: the newest frame could not be used, or not be composed.
 * - `source-reduced`: the source's frames are too large for a stream, and are made smaller.
 * - `chosen-here`: this computer was chosen to sharpen.
 * - `nothing-to-add`: the chosen quality only enlarges, to which volunteers add nothing.
 * - `no-volunteer`: volunteers were chosen and none is ready, so frames are only enlarged.
 * - `here-meanwhile`: no volunteer is ready, so this computer does what it can.
 * - `getting-ready`: a volunteer is there and has not made a frame yet.
 * - `helping`: a volunteer helps.
 * - `adds`: a volunteer's detail adds to what this computer makes, so it helps.
 * - `adds-too-little`: a volunteer's detail would add too little, so it does not help.
 * - `measuring`: this computer measures how to sharpen, and shows frames as they come meanwhile.
 * - `too-slow`: this computer is too slow to sharpen frames that move, and shows them as they are.
 * - `cannot-sharpen`: this computer's own engine failed, and frames are shown as they are.
 * - `lower-quality`: the quality is below the chosen one. `lowered` of the figures says why.
 * - `volunteer-dropped`: none helps, since the last one was dropped.
 */
export type StreamReasonKind =
  | 'source-ended'
  | 'frame-failed'
  | 'source-reduced'
  | 'chosen-here'
  | 'nothing-to-add'
  | 'no-volunteer'
  | 'here-meanwhile'
  | 'getting-ready'
  | 'helping'
  | 'adds'
  | 'adds-too-little'
  | 'measuring'
  | 'too-slow'
  | 'cannot-sharpen'
  | 'lower-quality'
  | 'volunteer-dropped';

/** One thing to say of a stream. */
export interface StreamReason {
  kind: StreamReasonKind;
  /** For the user: a sentence, or several where an error has more to say. */
  text: string;
}

/** All that is said, in its order. */
export function toWhy(reasons: readonly StreamReason[]): string {
  return reasons.map(({ text }) => text).join(' ');
}
