const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest half-precision number's bits; ties go to the even one. Browsers have a Float16Array only lately. */
export function toFloat16Bits(value: number): number {
  float[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7c00;
  // Below 2^-14 halves are multiples of 2^-24.
  if (magnitude < 2 ** -14) return sign | roundedToEven(magnitude * 2 ** 24);
  const exponent = ((word >>> 23) & 0xff) - 127;
  const steps = roundedToEven((magnitude / 2 ** exponent - 1) * 1024);
  // A mantissa that overflows carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + steps);
}

/** The nearest half-precision number. */
export function roundedToFloat16(value: number): number {
  if (!Number.isFinite(value)) return value;
  const magnitude = Math.abs(value);
  if (magnitude >= 65_520) return Math.sign(value) * Number.POSITIVE_INFINITY;
  const step = magnitude < 2 ** -14 ? 2 ** -24 : 2 ** (Math.floor(Math.log2(magnitude)) - 10);
  return Math.sign(value) * roundedToEven(magnitude / step) * step;
}

function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below + (below % 2);
  return rest < 0.5 ? below : below + 1;
}
