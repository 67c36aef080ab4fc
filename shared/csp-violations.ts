import { parseUrl } from './older-browsers.ts';

/** Violations that are kept: of a page that has many, the newest. */
const MAX_KEPT = 32;

/** Where the events of a page's or worker's policy arrive: those of a document bubble to its window. */
type PolicyEvents = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/** The parts of a SecurityPolicyViolationEvent that are used. */
type Violation = Pick<SecurityPolicyViolationEvent, 'effectiveDirective' | 'blockedURI' | 'disposition'>;

/**
 * Records what the Content-Security-Policy of this page or worker stops. What was stopped fails as if the network had: only the event
 * `securitypolicyviolation` (CSP level 3, section 5.3) tells the difference.
 */
export class CspViolations {
  readonly #events: PolicyEvents | null;
  readonly #violations: Violation[] = [];
  readonly #onViolation = (event: Event) => {
    // A policy that only reports stops nothing.
    if ((event as SecurityPolicyViolationEvent).disposition !== 'enforce') return;
    this.#violations.push(event as SecurityPolicyViolationEvent);
    if (this.#violations.length > MAX_KEPT) this.#violations.shift();
  };

  /** @param events - null outside browsers, where there is no policy. */
  constructor(events: PolicyEvents | null = typeof addEventListener === 'function' ? globalThis : null) {
    this.#events = events;
    events?.addEventListener('securitypolicyviolation', this.#onViolation);
  }

  /** Whether a connection to this host, or to where it redirected, was stopped: not a picture from there, say. Waits until the events of what has just failed are here. */
  async wasBlocked(host: string): Promise<boolean> {
    await flushEvents();
    // The event names the address that was asked for, never the one that it redirected to.
    return this.#violations.some(
      ({ effectiveDirective, blockedURI }) =>
        effectiveDirective === 'connect-src' && parseUrl(blockedURI)?.host === host,
    );
  }

  /** Whether this directive stopped anything. Waits as {@link wasBlocked} does. */
  async violated(directive: string): Promise<boolean> {
    await flushEvents();
    return this.#violations.some(({ effectiveDirective }) => effectiveDirective === directive);
  }

  dispose(): void {
    this.#events?.removeEventListener('securitypolicyviolation', this.#onViolation);
  }
}

/** `fetch` of a file of our own server. Where the page's policy stops it, the error says so. */
export async function fetchOwn(url: URL): Promise<Response> {
  const policy = new CspViolations();
  try {
    return await fetch(url);
  } catch (cause) {
    if (!(await policy.wasBlocked(url.host))) throw cause;
    throw new Error(`the page's Content-Security-Policy must allow ${url.origin} in connect-src`, { cause });
  } finally {
    policy.dispose();
  }
}

/** The event is a task of its own, which may come after what it explains. */
function flushEvents(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
