// What a browser, or a program that runs one without a screen, tells about the machine.

/** The part of a BatteryManager (Battery Status API) that is used. */
export interface BatterySignal extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  /** Whether there is mains power. Its change is the event `chargingchange`. */
  readonly charging: boolean;
  /** Charge, 0..1. Its change is the event `levelchange`. */
  readonly level: number;
}

/** The part of an IdleDetector (Idle Detection API) that is used. Its change is the event `change`. */
export interface IdleSignal extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  readonly userState: 'active' | 'idle' | null;
  readonly screenState: 'locked' | 'unlocked' | null;
}

/** Tells about the machine in place of the browser, for volunteers without a screen. What is left out the browser tells. */
export interface MachineSignals {
  battery?: BatterySignal;
  idle?: IdleSignal;
  /** Called with true while the machine should not fall asleep. */
  keepAwake?: (isServing: boolean) => void;
  /** Keeps what was sent and received today. Default: the page's `localStorage`. */
  storage?: Pick<Storage, 'getItem' | 'setItem'>;
}

interface IdleDetectorClass {
  new (): IdleSignal & { start(options: { threshold: number; signal: AbortSignal }): Promise<void> };
  requestPermission(): Promise<PermissionState>;
}

interface HostGlobals {
  IdleDetector?: IdleDetectorClass;
  document?: { featurePolicy?: { allowsFeature(feature: string): boolean } };
  navigator?: Partial<Pick<Navigator, 'wakeLock' | 'permissions' | 'userAgent' | 'maxTouchPoints'>> & {
    getBattery?: () => Promise<BatterySignal>;
    userAgentData?: { mobile: boolean };
  };
}

// None of these interfaces is in TypeScript's library, or in every browser.
const host = globalThis as unknown as HostGlobals;

/** Time without input after which the machine counts as idle, ms: the least that the Idle Detection API takes. */
export const IDLE_AFTER_MS = 60_000;

/** The browser's battery; null where it tells nothing about it. */
export function openBattery(): Promise<BatterySignal> | null {
  return host.navigator?.getBattery?.() ?? null;
}

/** The permission for Idle Detection, which changes when the person is asked; null where there is no such permission. */
export async function idlePermission(): Promise<PermissionStatus | null> {
  if (!host.IdleDetector) return null;
  // The name is missing from TypeScript's library.
  const name = 'idle-detection' as PermissionName;
  return (await host.navigator?.permissions?.query({ name }).catch(() => null)) ?? null;
}

/** Begins to watch whether anybody uses the machine, until the signal aborts. Null where that is not told or not permitted. */
export async function openIdleDetector(signal: AbortSignal): Promise<IdleSignal | null> {
  if (!host.IdleDetector) return null;
  const detector = new host.IdleDetector();
  return detector.start({ threshold: IDLE_AFTER_MS, signal }).then(
    () => detector,
    () => null,
  );
}

/** Asks the person for Idle Detection. Call it in a click. Resolves to whether it is permitted. */
export async function askForIdleDetection(): Promise<boolean> {
  return (await host.IdleDetector?.requestPermission().catch(() => 'denied')) === 'granted';
}

/** The browser's wake locks; null where it has none. */
export function wakeLocks(): WakeLock | null {
  return host.navigator?.wakeLock ?? null;
}

/** Whether this is a phone or a tablet, as far as the browser says. */
export function isHandheld(): boolean {
  const { userAgentData, userAgent = '', maxTouchPoints = 0 } = host.navigator ?? {};
  // An iPad calls itself a Macintosh, none of which has a touch screen.
  return (
    userAgentData?.mobile ||
    /Android|iPhone|Mobile/.test(userAgent) ||
    (/Macintosh/.test(userAgent) && maxTouchPoints > 1)
  );
}

/** Whether the frame that a page is in lets it use this (Permissions Policy). Chromium tells; elsewhere the use itself fails. */
function isAllowed(feature: string): boolean {
  return host.document?.featurePolicy?.allowsFeature(feature) ?? true;
}

/** Limits that not every browser can keep. */
export const SOMETIMES_UNSUPPORTED = ['pauseOnBattery', 'pauseBelowBattery', 'keepAwake'] as const;

/** Why a limit cannot be kept here, as a sentence; null: it can. */
export function whyUnsupported(
  limit: (typeof SOMETIMES_UNSUPPORTED)[number],
  signals: MachineSignals = {},
): string | null {
  if (limit === 'keepAwake') {
    if (signals.keepAwake) return null;
    if (!wakeLocks()) return 'This browser cannot keep the computer awake.';
    return isAllowed('screen-wake-lock')
      ? null
      : 'The frame of this page may not keep the computer awake: its allow attribute must have screen-wake-lock.';
  }
  const isTold = signals.battery || host.navigator?.getBattery;
  return isTold ? null : 'This browser does not tell whether it runs on battery.';
}

/** What of `onlyWhenIdle` is not noticed without Idle Detection, as a sentence. */
export function whyIdlenessIsPartial(): string {
  if (host.IdleDetector && !isAllowed('idle-detection'))
    return 'Only your use of this page is noticed: the allow attribute of its frame must have idle-detection.';
  return host.IdleDetector
    ? 'Without your permission, only your use of this page is noticed.'
    : 'This browser tells only whether you use this page, not the computer.';
}
