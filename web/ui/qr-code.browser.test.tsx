import { render } from 'preact';
import { expect, it } from 'vitest';
import { QrCode } from './qr-code.tsx';

it('draws a QR code with its three finders inside a quiet zone of four modules', () => {
  const root = document.createElement('div');
  render(<QrCode text="https://p2c2r.example/volunteer#room=abc" label="The invite link" />, root);
  const size = Number(root.querySelector('svg')?.getAttribute('viewBox')?.split(' ')[2]);
  const dark = new Set(
    [...(root.querySelector('path')?.getAttribute('d') ?? '').matchAll(/M(\d+) (\d+)/g)].map(([, x, y]) => `${x} ${y}`),
  );
  const last = size - 5;
  for (const corner of ['4 4', `${last} 4`, `4 ${last}`]) expect(dark.has(corner)).toBe(true);
  for (const quiet of ['0 0', '3 10', `${size - 1} ${size - 1}`]) expect(dark.has(quiet)).toBe(false);
  // The rest of a finder's outline: seven in a row, then a light one.
  for (let x = 4; x < 11; x++) expect(dark.has(`${x} 4`)).toBe(true);
  expect(dark.has('11 4')).toBe(false);
});
