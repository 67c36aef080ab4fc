// Put before every kernel. `source_texture` is `texture_2d<f32>` or `texture_external`, and `read_texel` is made to fit it: the
// algorithms are written once. Sizes come from the textures, so there are no uniforms to fill or to keep.
@group(0) @binding(0) var source: source_texture;
@group(0) @binding(1) var result: texture_storage_2d<rgba8unorm, write>;

// Colours are premultiplied while they are filtered: what invisible pixels hold must not bleed.
fn source_at(position: vec2i, size: vec2i) -> vec4f {
  let texel = read_texel(clamp(position, vec2i(0), size - 1));
  return vec4f(texel.rgb * texel.a, texel.a);
}

// Back to straight alpha. Below a tenth of a step of 8 bits the colour is noise.
fn store(position: vec2i, premultiplied: vec4f) {
  let alpha = premultiplied.a;
  let rgb = select(vec3f(0), premultiplied.rgb / max(alpha, 1e-6), alpha > 1.0 / 2550.0);
  textureStore(result, position, vec4f(clamp(rgb, vec3f(0), vec3f(1)), clamp(alpha, 0.0, 1.0)));
}

struct Sample {
  // The source pixel at or before the position on either axis; -1 before the first.
  base: vec2i,
  fraction: vec2f,
}

// (position + 0.5) * from / to - 0.5 in whole numbers: in floating point a centre that falls on a source pixel may be rounded to
// either side of it, differently on every GPU. One pixel is added so that the division never sees a negative number.
fn sample_at(position: vec2i, source_size: vec2i, result_size: vec2i) -> Sample {
  let numerator = (2 * position + 1) * source_size + result_size;
  let denominator = 2 * result_size;
  let whole = numerator / denominator;
  return Sample(whole - 1, vec2f(numerator - whole * denominator) / vec2f(denominator));
}
