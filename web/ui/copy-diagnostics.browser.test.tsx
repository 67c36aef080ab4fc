import { render } from 'preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CopyDiagnostics } from './copy-diagnostics.tsx';

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.restoreAllMocks();
});

test('a report that cannot be made is told, one that cannot be copied is shown, and else it is copied', async () => {
  const collect = vi.fn<() => Promise<object>>();
  const write = vi.spyOn(navigator.clipboard, 'writeText');
  render(<CopyDiagnostics collect={collect} />, root);
  const button = root.querySelector<HTMLButtonElement>('[data-testid=copy-diagnostics]');
  const told = () => root.querySelector('[role=alert]')?.textContent;

  collect.mockRejectedValueOnce(new Error('the worker is gone'));
  button?.click();
  await expect.poll(told).toContain('The report could not be made (the worker is gone).');
  expect(write).not.toHaveBeenCalled();

  collect.mockResolvedValue({ version: 1 });
  write.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
  button?.click();
  await expect.poll(() => root.querySelector('textarea')?.value).toContain('"version": 1');
  expect(told()).toBeUndefined();

  write.mockResolvedValueOnce();
  button?.click();
  await expect.poll(() => button?.textContent).toBe('Copied');
});
