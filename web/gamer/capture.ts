import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { GAME_SIZE } from '../game/built-in-game.ts';
import type { Captured, CaptureKind } from './source.ts';

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
  /** The sound of the whole system holds that of this page, which would play it again and again. */
  systemAudio?: 'exclude';
}

/** TypeScript's DOM types lack it. */
interface TabSound extends MediaTrackConstraints {
  suppressLocalAudioPlayback: true;
}

/** As it is: what a browser does to voices spoils music. */
const TAB_SOUND: TabSound = {
  suppressLocalAudioPlayback: true,
  ...{ echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

/** The browser scales a larger screen down, since it could not be enlarged by the default scale. */
const MAX_SIDE = STREAM_LIMITS.maxSide / STREAM_LIMITS.defaultScale;

/** The captures that this browser supports. */
export function offeredCaptures(devices: Devices | undefined = navigator.mediaDevices): CaptureKind[] {
  return [
    ...(devices?.getDisplayMedia ? (['screen'] as const) : []),
    ...(devices?.getUserMedia ? (['camera'] as const) : []),
  ];
}

/** Whether this browser can play the sound of a shared tab here instead of there. Elsewhere both would be heard. */
export function canTakeTabSound(devices: MediaDevices | undefined = navigator.mediaDevices): boolean {
  const supported: MediaTrackSupportedConstraints & { suppressLocalAudioPlayback?: boolean } =
    devices?.getSupportedConstraints?.() ?? {};
  return supported.suppressLocalAudioPlayback === true;
}

/**
 * Asks the person for a screen or camera.
 *
 * @param takesSound - of a shared tab, take the sound too: it is then not heard there. Of a window or screen it stays where it is.
 * Throws MeshError `cancelled` when the person refuses, `bad-input` when there is no such device, `unsupported-browser`.
 */
export async function capture(kind: CaptureKind, takesSound = false): Promise<Captured> {
  try {
    const stream = kind === 'screen' ? await askForScreen(takesSound) : await askForCamera();
    const [track] = stream.getVideoTracks();
    if (track) return { kind, track, ...tabSoundOf(track, stream) };
  } catch (cause) {
    throw captureError(kind, cause);
  }
  throw new MeshError('bad-input', 'The browser delivered no picture. Choose another source.');
}

/** The sound of a window or of the whole screen is heard there all the same, so it is not taken. */
function tabSoundOf(track: MediaStreamTrack, stream: MediaStream): Pick<Captured, 'sound'> {
  const [sound, ...others] = stream.getAudioTracks();
  const isTaken = sound !== undefined && isTab(track);
  for (const unused of isTaken ? others : stream.getAudioTracks()) unused.stop();
  return isTaken ? { sound } : {};
}

/** Whether a shared track is of a tab, not of a window or a screen. */
export function isTab(track: MediaStreamTrack): boolean {
  return track.getSettings().displaySurface === 'browser';
}

function askForScreen(takesSound: boolean): Promise<MediaStream> {
  const controller = focusController();
  const options: ScreenOptions = {
    video: { frameRate: { max: STREAM_LIMITS.defaultFps }, width: { max: MAX_SIDE }, height: { max: MAX_SIDE } },
    audio: takesSound && canTakeTabSound() && TAB_SOUND,
    surfaceSwitching: 'include',
    systemAudio: 'exclude',
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

/** A browser takes a press of a button for a few seconds only (HTML, "transient activation"). */
const TOO_LATE = 'This machine was too busy to ask you in time after you pressed the button. Press it again.';

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
    case 'InvalidStateError':
      return new MeshError('cancelled', TOO_LATE, { cause });
    default:
      return MeshError.from(cause, 'unsupported-browser');
  }
}
