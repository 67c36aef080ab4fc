import type { CspViolations } from '../../shared/csp-violations.ts';
import { MeshError } from '../../shared/errors.ts';
import { startMediaSystem } from './media-system.ts';

/** The SDK's policy of Trusted Types, by which a page that requires them allows its workers: `trusted-types p2c2r`. */
const TRUSTED_TYPES_POLICY = 'p2c2r';

interface ScriptUrls {
  createScriptURL(url: string): string;
}

// Not in TypeScript's library, or in every browser.
const host = globalThis as { trustedTypes?: { createPolicy(name: string, rules: ScriptUrls): ScriptUrls } };

/** Null where the page allows no such policy, or the browser has none. A name may be taken once: hence one for all workers. */
let scriptUrls: ScriptUrls | null | undefined;

/**
 * Starts a worker of a module of ours, wherever that came from. A page may start no worker from another origin, but a script of its own may
 * import it. That script is a classic one, since a module could not import from elsewhere in two cases: Chromium holds its imports to
 * `worker-src`, which need not name our server, and a frame without an origin of its own can start no module at all.
 *
 * Throws MeshError `unsupported-browser` where the page requires Trusted Types and does not allow ours.
 */
export function startModuleWorker(url: URL, name: string): Worker {
  // Not that of `location`: a sandboxed frame has an address, and no origin.
  if (url.origin === self.origin) return newWorker(url.href, { type: 'module', name });
  const entry = URL.createObjectURL(new Blob([importing(url)], { type: 'text/javascript' }));
  try {
    return newWorker(entry, { name });
  } finally {
    // A worker resolves its URL when it is created.
    URL.revokeObjectURL(entry);
  }
}

/**
 * Why a worker did not start, as a MeshError `unsupported-browser`.
 *
 * @param policy - watched since before the start
 * @param message - of the worker's `error` event; empty where the browser does not tell
 */
export async function notStarted(url: URL, policy: CspViolations, message: string): Promise<MeshError> {
  const source = url.origin === self.origin ? "'self'" : 'blob:';
  if (await policy.violated('worker-src')) return stoppedByPolicy(`its worker-src must allow ${source}`);
  if (message.includes(SCRIPT_STOPPED)) return stoppedByPolicy(`its script-src must allow ${url.origin}`);
  return new MeshError(
    'unsupported-browser',
    `The worker that computes did not start (${message || 'its file could not be loaded'}). Reload the page; if that does not help, use a newer browser: Chrome and Edge 80, Firefox 114 and Safari 15 start workers of modules.`,
  );
}

function stoppedByPolicy(demand: string, cause?: unknown): MeshError {
  const message = `This page's Content-Security-Policy stops the worker that computes: ${demand}.`;
  return new MeshError('unsupported-browser', message, { cause });
}

/** Thrown in a worker whose policy, which it has from its page, stops the import. */
const SCRIPT_STOPPED = 'p2c2r: stopped by script-src';

/** A script that imports a module. Messages that come meanwhile are kept for the module. */
function importing(url: URL): string {
  return `const held = [];
const hold = (event) => {
  event.stopImmediatePropagation();
  held.push(event);
};
let isStopped = false;
addEventListener('message', hold);
addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
  isStopped ||= effectiveDirective.startsWith('script-src');
});
import(${JSON.stringify(url.href)}).then(
  () => {
    removeEventListener('message', hold);
    for (const { data, ports } of held) dispatchEvent(new MessageEvent('message', { data, ports }));
  },
  (cause) => setTimeout(() => {
    throw new Error(isStopped ? ${JSON.stringify(SCRIPT_STOPPED)} : cause.message);
  }),
);`;
}

function newWorker(url: string, options: WorkerOptions): Worker {
  // Workers may ask for codecs, and cannot do this.
  startMediaSystem();
  try {
    return new Worker(trusted(url), options);
  } catch (cause) {
    const { message } = MeshError.from(cause);
    if (message.includes('TrustedScriptURL'))
      throw stoppedByPolicy(`its trusted-types must allow ${TRUSTED_TYPES_POLICY}`, cause);
    throw new MeshError('unsupported-browser', `The worker that computes did not start (${message}).`, { cause });
  }
}

function trusted(url: string): string {
  if (scriptUrls === undefined) {
    try {
      scriptUrls = host.trustedTypes?.createPolicy(TRUSTED_TYPES_POLICY, { createScriptURL: (own) => own }) ?? null;
    } catch {
      scriptUrls = null;
    }
  }
  return scriptUrls?.createScriptURL(url) ?? url;
}
