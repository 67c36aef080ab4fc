import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { download, LEAST_BYTES_IN_TIME, STALL_TIMEOUT_MS } from './download.ts';
import { ModelHost } from './model-host.ts';

const URL_OF_MODEL = new URL(`https://models.example/${'folder/'.repeat(30)}a.onnx?token=secret`);
/** Longest part of a volunteer's words that a gamer's page shows (`MAX_QUOTE_CHARS` in `web/net/peer-error.ts`). */
const QUOTED_CHARS = 200;
const refuse = () => Promise.reject(new TypeError('Failed to fetch'));

let clock: ManualClock;
/** Answers the download, and what is asked after it failed, by what sets these apart. */
let answer: (init: RequestInit) => Promise<Response>;
let loadedBytes: number;

beforeEach(() => {
  clock = new ManualClock();
  loadedBytes = 0;
});
afterEach(() => vi.unstubAllGlobals());

async function failure(): Promise<MeshError> {
  const fetch: typeof globalThis.fetch = (_, init = {}) => answer(init);
  const host = new ModelHost(URL_OF_MODEL, { fetch, checkAccepted: () => {} });
  return download(URL_OF_MODEL, {
    ...{ clock, what: 'the model', faults: host, limitBytes: 1e9, cache: 'no-cache' },
    fetch: (_, init = {}) => host.request(init),
    onBytes: (bytes) => {
      loadedBytes = bytes;
    },
    tooLong: () => new MeshError('too-large', 'too long'),
  }).then(
    () => expect.fail('it was downloaded'),
    (error: MeshError) => error,
  );
}

const violation = (effectiveDirective: string, blockedURI: string) =>
  Object.assign(new Event('securitypolicyviolation'), { effectiveDirective, blockedURI, disposition: 'enforce' });
const opaqueRedirect = () => Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' });

describe('another host of models that fails is named with what is wrong, and no volunteer is to blame', () => {
  test.each<[string, () => void, RegExp]>([
    ['that has no such file', () => (answer = async () => new Response('', { status: 404 })), /no such model.*404/],
    ['that wants a login', () => (answer = async () => new Response('', { status: 403 })), /everybody may read.*403/],
    ['that is overloaded', () => (answer = async () => new Response('', { status: 503 })), /not send.*now.*503/],
    [
      'that sends a page',
      () => (answer = async () => new Response('<html>', { headers: { 'content-type': 'text/html; charset=utf-8' } })),
      /web page in place of the model.*address of the file itself/,
    ],
    [
      'that breaks off',
      () =>
        (answer = async () =>
          new Response(new ReadableStream({ start: (body) => body.error(new TypeError('network error')) }))),
      /broke off the download/,
    ],
    [
      'without CORS',
      () => (answer = ({ mode }) => (mode === 'no-cors' ? Promise.resolve(new Response()) : refuse())),
      /lets no other page read.*Access-Control-Allow-Origin/,
    ],
    [
      'that is away, or whose certificate is not trusted',
      () => (answer = refuse),
      /does not answer, or has no trusted certificate\. Open/,
    ],
    [
      'that is away, where the page is isolated and cannot tell',
      () => {
        vi.stubGlobal('crossOriginIsolated', true);
        answer = refuse;
      },
      /does not answer, has no trusted certificate, or .*CORS/,
    ],
    [
      'that redirects to one that cannot be read',
      () => (answer = ({ redirect }) => (redirect === 'manual' ? Promise.resolve(opaqueRedirect()) : refuse())),
      /redirects to a server that does not answer/,
    ],
    [
      'that the policy of the page does not name',
      () => {
        const page = new EventTarget();
        vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
        vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
        answer = () => {
          page.dispatchEvent(violation('connect-src', URL_OF_MODEL.href));
          return refuse();
        };
      },
      /Content-Security-Policy.*connect-src must allow https:\/\/models\.example/,
    ],
  ])('%s', async (_, arrange, message) => {
    arrange();
    const error = await failure();
    expect(error).toMatchObject({ reason: 'unknown-model', message: expect.stringMatching(message) });
    expect(error.message).toMatch(/^models\.example /);
    expect(error.message).not.toContain('secret');
    expect(error.message.length).toBeLessThan(QUOTED_CHARS);
  });

  test('but where this computer is offline, the error says that', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    answer = refuse;
    expect(await failure()).toMatchObject({ reason: 'connection-failed', message: expect.stringContaining('offline') });
  });
});

test('a host that does not answer, falls silent or sends next to nothing is given up', async () => {
  let isAsked = false;
  answer = ({ signal }) => {
    isAsked = true;
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new TypeError('aborted'))));
  };
  const unanswered = failure();
  await expect.poll(() => isAsked).toBe(true);
  clock.advance(STALL_TIMEOUT_MS);
  expect((await unanswered).message).toMatch(/did not answer within 15 s/);

  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  answer = async ({ signal }) => {
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      body = controller;
      signal?.addEventListener('abort', () => controller.error(new TypeError('aborted')));
    };
    return new Response(new ReadableStream({ start }));
  };
  const slow = failure();
  await expect.poll(() => body).toBeDefined();
  const send = async (bytes: number) => {
    clock.advance(STALL_TIMEOUT_MS / 2);
    body?.enqueue(new Uint8Array(bytes));
    const wantedBytes = loadedBytes + bytes;
    await expect.poll(() => loadedBytes).toBe(wantedBytes);
  };
  // Fast enough for longer than the limit.
  for (let part = 0; part < 4; part++) await send(LEAST_BYTES_IN_TIME);
  await send(1);
  clock.advance(STALL_TIMEOUT_MS / 2);
  expect((await slow).message).toMatch(/sends too slowly/);
  expect(clock.pending).toBe(0);
});
