import { FRAME_IMPORTS, type FrameImport } from '../backend.ts';
import { isUpright, orientationOf } from '../frame-orientation.ts';

/** Colour spaces whose frames Chromium imports with the colours that `drawImage` shows. */
const PRIMARIES: readonly (string | null)[] = ['bt709'];
const TRANSFERS: readonly (string | null)[] = ['bt709', 'smpte170m', 'iec61966-2-1'];

/**
 * The way of one frame into the GPU: the selected one, or the processor's where that shows another picture than `drawImage`. As measured
 * (frame-kinds.gl.browser.test.ts), Chromium's short ways
 *
 * - convert BT.601 primaries, which `drawImage` shows as they are (40 of 255), and leave PQ and HLG unconverted;
 * - sample a picture cut out of the middle of a frame beside its edges (80 of 255);
 * - copy a frame with pixels that are not square stretched, and so only a part of it.
 */
export function importOf(frame: VideoFrame, selected: FrameImport): FrameImport {
  return isPlain(frame) ? selected : SAFEST;
}

const SAFEST = FRAME_IMPORTS[2];

function isPlain(frame: VideoFrame): boolean {
  const { colorSpace, visibleRect, displayWidth, displayHeight } = frame;
  if (!visibleRect || !isUpright(orientationOf(frame))) return false;
  return (
    PRIMARIES.includes(colorSpace.primaries) &&
    TRANSFERS.includes(colorSpace.transfer) &&
    visibleRect.x === 0 &&
    visibleRect.y === 0 &&
    visibleRect.width === displayWidth &&
    visibleRect.height === displayHeight
  );
}
