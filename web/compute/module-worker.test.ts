import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CspViolations } from '../../shared/csp-violations.ts';

const SERVER = 'https://play.example';
const URL_OF_WORKER = new URL(`${SERVER}/assets/stream.worker-Ab12.js`);
let created: [string, WorkerOptions][];
let page: EventTarget;

beforeEach(() => {
  created = [];
  page = new EventTarget();
  vi.resetModules();
  vi.stubGlobal(
    'Worker',
    class {
      constructor(url: string, options: WorkerOptions) {
        created.push([url, options]);
      }
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

/** The module anew, as in a page of this origin. */
async function inPageOf(origin: string) {
  vi.stubGlobal('self', { origin });
  return import('./module-worker.ts');
}

test('a worker of the page’s own origin starts directly; one from elsewhere by a script of the page, also in a frame without an origin', async () => {
  (await inPageOf(SERVER)).startModuleWorker(URL_OF_WORKER, 'own');
  expect(created).toEqual([[URL_OF_WORKER.href, { type: 'module', name: 'own' }]]);
  for (const origin of ['https://game.example', 'null']) {
    (await inPageOf(origin)).startModuleWorker(URL_OF_WORKER, 'theirs');
    expect(created.at(-1)).toEqual([expect.stringMatching(/^blob:/), { name: 'theirs' }]);
  }
});

test('where the page requires Trusted Types its policy is used, one for all workers, or the error names it', async () => {
  const createPolicy = vi.fn((_name: string, rules: { createScriptURL(url: string): string }) => rules);
  vi.stubGlobal('trustedTypes', { createPolicy });
  const { startModuleWorker } = await inPageOf(SERVER);
  for (const name of ['one', 'two']) startModuleWorker(URL_OF_WORKER, name);
  expect(createPolicy.mock.calls.map(([name]) => name)).toEqual(['p2c2r']);

  createPolicy.mockImplementation(() => {
    throw new TypeError('Policy "p2c2r" disallowed.');
  });
  vi.stubGlobal(
    'Worker',
    class {
      constructor() {
        throw new TypeError("This document requires 'TrustedScriptURL' assignment.");
      }
    },
  );
  vi.resetModules();
  const refused = await inPageOf(SERVER);
  expect(() => refused.startModuleWorker(URL_OF_WORKER, 'three')).toThrow(
    expect.objectContaining({
      reason: 'unsupported-browser',
      message: expect.stringContaining('trusted-types must allow p2c2r'),
    }),
  );
});

test.each([
  ['https://game.example', 'worker-src', '', 'its worker-src must allow blob:'],
  [SERVER, 'worker-src', '', "its worker-src must allow 'self'"],
  ['https://game.example', null, 'Uncaught Error: p2c2r: stopped by script-src', `its script-src must allow ${SERVER}`],
  ['https://game.example', null, '', 'its file could not be loaded'],
])(
  'in a page of %s whose policy (%s) stops a worker, the error says what it must allow',
  async (origin, directive, message, says) => {
    const { notStarted } = await inPageOf(origin);
    const policy = new CspViolations(page);
    if (directive) {
      const violation = { effectiveDirective: directive, blockedURI: 'blob', disposition: 'enforce' };
      page.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), violation));
    }
    expect(await notStarted(URL_OF_WORKER, policy, message)).toMatchObject({
      reason: 'unsupported-browser',
      message: expect.stringContaining(says),
    });
    policy.dispose();
  },
);
