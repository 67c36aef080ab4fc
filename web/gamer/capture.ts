import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { GAME_SIZE } from '../game/built-in-game.ts';
import { captureError } from './capture-errors.ts';
import type { CaptureKind } from './source.ts';

/** Missing in part on phones, and as a whole where the page came over http://. */
type Devices = Partial<Pick<MediaDevices, 'getDisplayMedia' | 'getUserMedia'>>;

/** Chromium's, which TypeScript's DOM does not know. */
interface FocusController {
  setFocusBehavior(behaviour: 'no-focus-change'): void;
}
interface ScreenOptions extends DisplayMediaStreamOptions {
  controller?: FocusController;
  /** A way to change to another tab without asking anew. */
  surfaceSwitching?: 'include';
}

/** A larger screen could not be given the usual scale: the browser makes it smaller. */
const MAX_SIDE = STREAM_LIMITS.maxSide / STREAM_LIMITS.defaultScale;

/** What this browser can be asked for. */
export function offeredCaptures(devices: Devices | undefined = navigator.mediaDevices): CaptureKind[] {
  return [
    ...(devices?.getDisplayMedia ? (['screen'] as const) : []),
    ...(devices?.getUserMedia ? (['camera'] as const) : []),
  ];
}

/**
 * Asks the person. The picture alone: sound stays where it is.
 * Throws MeshError `cancelled` when it is refused, `bad-input` when there is no such device, `unsupported-browser`.
 */
export async function capture(kind: CaptureKind): Promise<MediaStreamTrack> {
  try {
    const stream = kind === 'screen' ? await askForScreen() : await askForCamera();
    const [track] = stream.getVideoTracks();
    if (track) return track;
  } catch (cause) {
    throw captureError(kind, cause);
  }
  throw new MeshError('bad-input', 'The browser gave no picture. Choose something else.');
}

function askForScreen(): Promise<MediaStream> {
  const controller = focusController();
  const options: ScreenOptions = {
    video: { frameRate: { max: STREAM_LIMITS.defaultFps }, width: { max: MAX_SIDE }, height: { max: MAX_SIDE } },
    audio: false,
    surfaceSwitching: 'include',
    ...(controller && { controller }),
  };
  return navigator.mediaDevices.getDisplayMedia(options);
}

/** Small: what is worth sharpening. A camera that cannot gives what it has. */
function askForCamera(): Promise<MediaStream> {
  const video = { width: { ideal: GAME_SIZE.width }, height: { ideal: GAME_SIZE.height }, frameRate: { ideal: 30 } };
  return navigator.mediaDevices.getUserMedia({ video, audio: false });
}

/** The person wants to see the result: a shared tab must not come to the front of it. */
function focusController(): FocusController | null {
  const { CaptureController } = globalThis as { CaptureController?: new () => FocusController };
  if (!CaptureController) return null;
  const controller = new CaptureController();
  controller.setFocusBehavior('no-focus-change');
  return controller;
}
