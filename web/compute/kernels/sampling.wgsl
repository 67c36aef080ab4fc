// The source pixels that a pixel of the result lies between.
struct Sample {
  // The source pixel at or before the position on either axis; -1 before the first.
  base: vec2i,
  fraction: vec2f,
}

// (position + 0.5) * from / to - 0.5 in whole numbers: in floating point a centre that falls on a source pixel could be rounded to either
// side, differently on every GPU. Adding one pixel keeps the division from negative numbers.
fn sample_at(position: vec2i, source_size: vec2i, result_size: vec2i) -> Sample {
  let numerator = (2 * position + 1) * source_size + result_size;
  let denominator = 2 * result_size;
  let whole = numerator / denominator;
  return Sample(whole - 1, vec2f(numerator - whole * denominator) / vec2f(denominator));
}
