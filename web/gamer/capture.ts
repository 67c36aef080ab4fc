import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { GAME_SIZE } from '../game/built-in-game.ts';
import type { CaptureKind } from './source.ts';

/** Phones lack some of these; a page opened over http:// lacks all of them. */
type Devices = Partial<Pick<MediaDevices, 'getDisplayMedia' | 'getUserMedia'>>;

/** Only Chromium has it, and TypeScript's DOM types lack it. */
interface FocusController {
  setFocusBehavior(behaviour: 'no-focus-change'): void;
}
interface ScreenOptions extends DisplayMediaStreamOptions {
  controller?: FocusController;
  /** Lets the person switch to another tab without a new prompt. */
  surfaceSwitching?: 'include';
}

/** The browser scales a larger screen down, since it could not be enlarged by the default scale. */
const MAX_SIDE = STREAM_LIMITS.maxSide / STREAM_LIMITS.defaultScale;

/** The captures that this browser supports. */
export function offeredCaptures(devices: Devices | undefined = navigator.mediaDevices): CaptureKind[] {
  return [
    ...(devices?.getDisplayMedia ? (['screen'] as const) : []),
    ...(devices?.getUserMedia ? (['camera'] as const) : []),
  ];
}

/**
 * Asks the person for a screen or camera, without sound.
 * Throws MeshError `cancelled` when the person refuses, `bad-input` when there is no such device, `unsupported-browser`.
 */
export async function capture(kind: CaptureKind): Promise<MediaStreamTrack> {
  try {
    const stream = kind === 'screen' ? await askForScreen() : await askForCamera();
    const [track] = stream.getVideoTracks();
    if (track) return track;
  } catch (cause) {
    throw captureError(kind, cause);
  }
  throw new MeshError('bad-input', 'The browser delivered no picture. Choose another source.');
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

/** Asks for a small picture, which is worth sharpening. A camera without that mode gives its own. */
function askForCamera(): Promise<MediaStream> {
  const video = { width: { ideal: GAME_SIZE.width }, height: { ideal: GAME_SIZE.height }, frameRate: { ideal: 30 } };
  return navigator.mediaDevices.getUserMedia({ video, audio: false });
}

/** Keeps a shared tab from coming to the front, since the person wants to see the result. */
function focusController(): FocusController | null {
  const { CaptureController } = globalThis as { CaptureController?: new () => FocusController };
  if (!CaptureController) return null;
  const controller = new CaptureController();
  controller.setFocusBehavior('no-focus-change');
  return controller;
}

const REFUSED: Readonly<Record<CaptureKind, string>> = {
  screen:
    'Nothing was shared. Press the button again and pick a tab, a window or a screen; if the browser did not ask, allow screen sharing for this site in the browser’s and the system’s settings.',
  camera:
    'The camera was not allowed. Allow it for this site, with the icon next to the address or in the system’s settings, then press the button again.',
};
const MISSING: Readonly<Record<CaptureKind, string>> = {
  screen: 'There is nothing to share on this computer. Open the game in a tab or window, then press the button again.',
  camera: 'No camera was found. Connect one, then press the button again.',
};
const BUSY: Readonly<Record<CaptureKind, string>> = {
  screen: 'The system does not let this browser see the screen. Allow it in the system’s settings, or share a tab.',
  camera: 'The camera does not start; another program may be using it. Close that, then press the button again.',
};

/** Converts a browser error to a MeshError that says what to do. */
export function captureError(kind: CaptureKind, cause: unknown): MeshError {
  const name = cause instanceof Error ? cause.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'AbortError':
      return new MeshError('cancelled', REFUSED[kind], { cause });
    case 'NotFoundError':
    case 'OverconstrainedError':
      return new MeshError('bad-input', MISSING[kind], { cause });
    case 'NotReadableError':
      return new MeshError('bad-input', BUSY[kind], { cause });
    default:
      return MeshError.from(cause, 'unsupported-browser');
  }
}
