/** A small always-on-top window that shows a canvas. */
export interface PictureWindow {
  /** Whether the canvas itself is in the window until it closes; else the window shows a copy. */
  readonly isMoved: boolean;
  /** Shows another canvas instead. */
  show(canvas: HTMLCanvasElement): void;
  close(): void;
}

export function canOpenPictureWindow(): boolean {
  return documentPictures() !== null || canShowVideoPicture();
}

/**
 * Opens the window. Browsers require a click, so call it directly in the handler.
 * @param onClosed - called once, whether the page or the person closed the window
 */
export function openPictureWindow(
  canvas: HTMLCanvasElement,
  title: string,
  onClosed: () => void,
): Promise<PictureWindow> {
  const pictures = documentPictures();
  return pictures ? openDocumentPicture(pictures, canvas, title, onClosed) : openVideoPicture(canvas, onClosed);
}

/** Document Picture-in-Picture (WICG). Only Chromium has it, and TypeScript's DOM types lack it. */
interface DocumentPictures {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

function documentPictures(): DocumentPictures | null {
  return (globalThis as { documentPictureInPicture?: DocumentPictures }).documentPictureInPicture ?? null;
}

/** Wide enough to see the effect of sharpening, small enough to leave room for other windows. */
const WIDTH_PX = 480;
/** Fits the canvas into the window. */
const FIT = { width: '100%', height: '100%', objectFit: 'contain' };
const RESET = { width: '', height: '', objectFit: '' };

/** Moves the canvas itself, so that no frame is drawn twice. */
async function openDocumentPicture(
  pictures: DocumentPictures,
  canvas: HTMLCanvasElement,
  title: string,
  onClosed: () => void,
): Promise<PictureWindow> {
  const opened = await pictures.requestWindow({
    width: WIDTH_PX,
    height: Math.round((WIDTH_PX * canvas.height) / canvas.width),
  });
  const { document } = opened;
  document.title = title;
  document.documentElement.lang = 'en';
  // Through the object model: the page's Content-Security-Policy applies here too, but its styles do not.
  Object.assign(document.documentElement.style, { height: '100%', background: '#070a0f' });
  Object.assign(document.body.style, { height: '100%', margin: '0', overflow: 'hidden' });
  let shown = canvas;
  const leave = () => Object.assign(shown.style, RESET);
  const show = (next: HTMLCanvasElement) => {
    leave();
    shown = next;
    Object.assign(next.style, FIT);
    document.body.replaceChildren(next);
  };
  opened.addEventListener(
    'pagehide',
    () => {
      leave();
      onClosed();
    },
    { once: true },
  );
  show(canvas);
  return { isMoved: true, show, close: () => opened.close() };
}

function canShowVideoPicture(): boolean {
  return document.pictureInPictureEnabled === true && 'captureStream' in HTMLCanvasElement.prototype;
}

/** Plays a copy of the canvas in the browser's Picture-in-Picture window for videos. */
async function openVideoPicture(canvas: HTMLCanvasElement, onClosed: () => void): Promise<PictureWindow> {
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  const stop = () => {
    for (const track of (video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  };
  const show = (next: HTMLCanvasElement) => {
    stop();
    video.srcObject = next.captureStream();
    // Rejects only when the next canvas interrupts it.
    return video.play().catch(() => {});
  };
  await show(canvas);
  try {
    await video.requestPictureInPicture();
  } catch (cause) {
    stop();
    throw cause;
  }
  video.addEventListener(
    'leavepictureinpicture',
    () => {
      stop();
      onClosed();
    },
    { once: true },
  );
  return {
    isMoved: false,
    show: (next) => void show(next),
    close: () => {
      // Rejects when the person has just closed it.
      document.exitPictureInPicture().catch(() => {});
    },
  };
}
