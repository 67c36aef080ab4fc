import type { NetworkShape } from '../models/manifest.ts';
import { type Features, featuresOf } from './reference-network.ts';
import { type Layer, TAPS } from './weights.ts';

/** Largest relative error of rounding to half precision: 10 stored bits of significand and an implied one (IEEE 754 binary16). */
const UNIT_ROUNDOFF = 2 ** -11;
/** Roundings of one product: the weight, the feature and the product itself. */
const ROUNDINGS_OF_A_PRODUCT = 3;
/** Standard deviations that no value of a test exceeds: one in two million does, of some hundred thousand. */
const DEVIATIONS = 5;

/**
 * By how much the features of each layer may differ from exact ones when a kernel computes in half precision, for tests: the spread of
 * independent roundings (Higham, Accuracy and Stability of Numerical Algorithms, 2.8), carried from layer to layer.
 *
 * A rounding of v errs by up to u |v|, evenly, so its variance is (u v)^2 / 3. A sum s of n products rounds each product thrice and n partial
 * sums. Those walk from 0 to s in steps of random sign: on average over the n, a third of s^2 and half of the products' squares. What the layer
 * before erred by comes through the squares of the weights:
 *
 *     variance = sum w^2 variance_before + u^2 / 3 (3 sum (w x)^2 + n (s^2 / 3 + sum (w x)^2 / 2))
 *
 * The activation enlarges nothing. Storing the result rounds once more.
 */
export function halfPrecisionTolerances(shape: NetworkShape, layers: readonly Layer[], source: Features): Features[] {
  const linear = { ...shape, leak: 1 };
  const exact = featuresOf(shape, layers, source);
  let before = source;
  let variance: Features = { ...source, data: source.data.map((value) => (UNIT_ROUNDOFF * value) ** 2 / 3) };
  return layers.map((layer, n) => {
    const squares = withWeights(layer, (weight) => weight ** 2);
    const carried = summed(linear, squares, variance);
    const products = summed(
      linear,
      squares,
      mapped(before, (value) => value ** 2),
    );
    const sums = summed(linear, layer, before);
    const after = exact[n] ?? before;
    const count = TAPS * layer.inputs;
    const data = after.data.map((value, i) => {
      const product = products.data[i] ?? 0;
      const partial = (sums.data[i] ?? 0) ** 2 / 3 + product / 2;
      const rounded = ROUNDINGS_OF_A_PRODUCT * product + count * partial + value ** 2;
      return (carried.data[i] ?? 0) + (UNIT_ROUNDOFF ** 2 / 3) * rounded;
    });
    before = after;
    variance = { ...after, data };
    return mapped(variance, (value) => DEVIATIONS * Math.sqrt(value));
  });
}

function summed(shape: NetworkShape, layer: Layer, features: Features): Features {
  return featuresOf(shape, [layer], features)[0] ?? features;
}

function withWeights(layer: Layer, change: (weight: number) => number): Layer {
  return { ...layer, weights: layer.weights.map(change), bias: layer.bias.map(() => 0) };
}

function mapped(features: Features, change: (value: number) => number): Features {
  return { ...features, data: features.data.map(change) };
}

const double = new DataView(new ArrayBuffer(8));
/**
 * By biased exponent of a double: 1.5 * 2^52 steps between half-precision numbers of that exponent. A double that large has no finer
 * steps, so that adding it rounds, ties to even.
 */
const ROUNDING = Float64Array.from(
  { length: 2048 },
  (_, exponent) => 1.5 * 2 ** (52 + Math.max(exponent - 1023, -14) - 10),
);

/** The nearest half-precision number; ties go to even. Tests round tens of millions. */
export function roundedToFloat16(value: number): number {
  if (!Number.isFinite(value)) return value;
  const magnitude = Math.abs(value);
  if (magnitude >= 65_520) return Math.sign(value) * Number.POSITIVE_INFINITY;
  double.setFloat64(0, magnitude);
  const rounding = ROUNDING[double.getUint16(0) >> 4] ?? 0;
  // A product keeps the sign of a negative zero.
  return Math.sign(value) * (magnitude + rounding - rounding);
}
