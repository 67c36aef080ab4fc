import { expect, test } from 'vitest';
import { CHROMIUM_FLAGS } from '../e2e/browser.mjs';
import { asMissingSandbox, decideSandbox, VOLUNTEER_FLAGS } from './sandbox.mjs';

/** A volunteer's Chromium handles what strangers send, so it is sandboxed unless its owner has asked for the opposite by name. */
const ANN = { withoutSandbox: false, browserFlags: [], userId: 1_000 };

test('a volunteer’s Chromium is sandboxed, and none of its flags disables the sandbox', () => {
  expect(decideSandbox({ ...ANN, browserFlags: ['--use-angle=vulkan'] })).toBe(true);
  expect(decideSandbox({ ...ANN, userId: undefined })).toBe(true);
  expect(decideSandbox({ ...ANN, browserFlags: [...VOLUNTEER_FLAGS] })).toBe(true);
  expect(() => decideSandbox({ ...ANN, browserFlags: [...CHROMIUM_FLAGS] })).toThrow('--no-sandbox');
});

test('root is refused with instructions, unless it explicitly asks to run without a sandbox', () => {
  expect(() => decideSandbox({ ...ANN, userId: 0 })).toThrow(/as another user.*or add --without-sandbox/);
  expect(decideSandbox({ ...ANN, userId: 0, withoutSandbox: true })).toBe(false);
});

test.each(['--no-sandbox', '--disable-setuid-sandbox', '--disable-gpu-sandbox', '--no-zygote', '--single-process'])(
  'a Chromium flag such as %s does not silently disable the sandbox',
  (flag) => {
    expect(() => decideSandbox({ ...ANN, browserFlags: ['--x', flag] })).toThrow(flag);
    expect(decideSandbox({ ...ANN, browserFlags: [flag], withoutSandbox: true })).toBe(false);
  },
);

test('a machine that lets Chromium build no sandbox is told what it needs', () => {
  expect(asMissingSandbox(new Error('[FATAL:zygote_host_impl_linux.cc] No usable sandbox! If you'))?.message).toMatch(
    /user namespaces.*docs\/hosting\.md/,
  );
  expect(asMissingSandbox(new Error('spawn ENOENT'))).toBeNull();
});
