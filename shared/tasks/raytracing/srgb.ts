/** A linear colour as sRGB writes it, in 8 bits (IEC 61966-2-1). */
export function toSrgb8(linear: number): number {
  const value = Math.min(1, Math.max(0, linear));
  const encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255);
}
