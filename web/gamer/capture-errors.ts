import { MeshError } from '../../shared/errors.ts';
import type { CaptureKind } from './source.ts';

const REFUSED: Readonly<Record<CaptureKind, string>> = {
  screen:
    'Nothing was shared. Press the button again and pick a tab, a window or a screen; if the browser did not ask, allow screen sharing for this site in the browser’s and the system’s settings.',
  camera:
    'The camera was not allowed. Allow it for this site, with the sign beside the address or in the system’s settings, then press the button again.',
};
const MISSING: Readonly<Record<CaptureKind, string>> = {
  screen: 'There is nothing to share on this computer. Open the game in a tab or window, then press the button again.',
  camera: 'No camera was found. Connect one, then press the button again.',
};
const BUSY: Readonly<Record<CaptureKind, string>> = {
  screen: 'The system does not let this browser see the screen. Allow it in the system’s settings, or share a tab.',
  camera: 'The camera does not start; another program may be using it. Close that, then press the button again.',
};

/** What went wrong between the browser and a person, a device or the system, and what to do about it. */
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
