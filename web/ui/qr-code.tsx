import { useMemo } from 'preact/hooks';
import { encode } from 'uqr';
import './qr-code.css';

/** The quiet zone of four modules that the standard (ISO/IEC 18004) asks for. */
const QUIET_MODULES = 4;

/** A QR code, drawn as one path. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => qrPath(text), [text]);
  return (
    <svg class="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path class="qr-code__modules" d={path} />
    </svg>
  );
}

function qrPath(text: string): { size: number; path: string } {
  const { size, data } = encode(text, { ecc: 'L', border: QUIET_MODULES });
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { size, path: squares.join('') };
}
