import { afterEach, describe, expect, test, vi } from 'vitest';
import { CspViolations, fetchOwn } from './csp-violations.ts';

const page = new EventTarget();
const opened: CspViolations[] = [];
afterEach(() => {
  for (const violations of opened.splice(0)) violations.dispose();
  vi.unstubAllGlobals();
});

function watchedPage(): CspViolations {
  const violations = new CspViolations(page);
  opened.push(violations);
  return violations;
}

function violate(effectiveDirective: string, blockedURI: string, disposition = 'enforce'): void {
  const event = new Event('securitypolicyviolation');
  page.dispatchEvent(Object.assign(event, { effectiveDirective, blockedURI, disposition }));
}

describe('what a policy stops', () => {
  test('is known by host, whatever the protocol, also where the event comes after the failure', async () => {
    const violations = watchedPage();
    setTimeout(() => violate('connect-src', 'wss://play.example/socket.io/?EIO=4'), 0);
    expect(await violations.wasBlocked('play.example')).toBe(true);
    expect(await violations.wasBlocked('play.example:8443')).toBe(false);
    expect(await violations.violated('worker-src')).toBe(false);
  });

  test('is no connection where it is a picture of the same host', async () => {
    const violations = watchedPage();
    violate('img-src', 'https://play.example/logo.png');
    expect(await violations.wasBlocked('play.example')).toBe(false);
  });

  test('is known by directive where there is no address', async () => {
    const violations = watchedPage();
    violate('worker-src', 'blob');
    expect(await violations.violated('worker-src')).toBe(true);
    expect(await violations.wasBlocked('blob')).toBe(false);
  });

  test('is neither what is only reported nor what comes after the watch has ended', async () => {
    const violations = watchedPage();
    violate('connect-src', 'https://play.example/', 'report');
    violations.dispose();
    violate('connect-src', 'https://play.example/');
    expect(await violations.wasBlocked('play.example')).toBe(false);
  });

  test('is kept in bounded number: of a page with many violations the newest', async () => {
    const violations = watchedPage();
    violate('connect-src', 'https://first.example/');
    for (let n = 0; n < 32; n++) violate('connect-src', `https://${n}.example/`);
    expect(await violations.wasBlocked('first.example')).toBe(false);
    expect(await violations.wasBlocked('31.example')).toBe(true);
  });
});

test('a file of ours that the policy stops is told apart from one that the network does not bring', async () => {
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  const url = new URL('https://play.example/assets/kernels.wasm');
  vi.stubGlobal('fetch', async () => {
    violate('connect-src', url.href);
    throw new TypeError('Failed to fetch');
  });
  await expect(fetchOwn(url)).rejects.toThrow('must allow https://play.example in connect-src');
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch');
  });
  await expect(fetchOwn(url)).rejects.toThrow(/^Failed to fetch$/);
});
