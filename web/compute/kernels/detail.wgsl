// Goes after bicubic.wgsl. Codes the luma that a sharp picture has more than the bicubic one; reference/detail.ts is its definition, and
// shared/detail.ts explains the numbers.
//
// An invocation computes four pixels in a row, which make a word: a quarter of the bytes of a picture is read back. It weighs each of the source's
// columns under them once, down first, and adds it to all four: at 2x that reads the texture 6 times a pixel instead of 16, without the
// barrier that the filter's workgroup memory needs.
struct Coding {
  // Codes for a step of 255.
  gain: f32,
  // In such steps.
  dead_zone: f32,
}

// Straight alpha.
@group(0) @binding(2) var sharp: texture_2d<f32>;
// Four codes in each, the first one lowest; rows may have words to spare.
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<uniform> coding: Coding;

const PIXELS = 4;
const LUMA_WEIGHTS = vec3f(0.2126, 0.7152, 0.0722);
const NO_DETAIL = 128.0;
const MAX_CODES = 107.0;

fn code_at(position: vec2i, base: vec4f) -> u32 {
  let texel = textureLoad(sharp, position, 0);
  let steps = 255.0 * dot(texel.rgb * texel.a - base.rgb, LUMA_WEIGHTS);
  let sent = select(coding.gain * steps, 0.0, abs(steps) < coding.dead_zone);
  // Halves are rounded up, as in the reference.
  return u32(NO_DETAIL + 0.5 + clamp(sent, -MAX_CODES, MAX_CODES));
}

@compute @workgroup_size(4, 16)
fn detail(@builtin(global_invocation_id) id: vec3u) {
  let source_size = vec2i(textureDimensions(source));
  let result_size = vec2i(textureDimensions(sharp));
  let first = vec2i(id.xy) * vec2i(PIXELS, 1);
  if (any(first >= result_size)) {
    return;
  }
  let count = min(PIXELS, result_size.x - first.x);
  var starts: array<i32, PIXELS>;
  var across: array<vec4f, PIXELS>;
  for (var n = 0; n < PIXELS; n++) {
    let s = sample_at(first + vec2i(min(n, count - 1), 0), source_size, result_size);
    starts[n] = s.base.x - 1;
    across[n] = weights(s.fraction.x);
  }
  let line = sample_at(first, source_size, result_size);
  let down = weights(line.fraction.y);
  var sums: array<vec4f, PIXELS>;
  for (var x = starts[0]; x < starts[PIXELS - 1] + 4; x++) {
    let at = vec2i(x, line.base.y);
    let column = source_at(at - vec2i(0, 1), source_size) * down.x + source_at(at, source_size) * down.y +
      source_at(at + vec2i(0, 1), source_size) * down.z + source_at(at + vec2i(0, 2), source_size) * down.w;
    for (var n = 0; n < PIXELS; n++) {
      let tap = x - starts[n];
      if (tap >= 0 && tap < 4) {
        sums[n] += column * across[n][tap];
      }
    }
  }
  var word = 0u;
  for (var n = 0; n < count; n++) {
    word |= code_at(first + vec2i(n, 0), limited(sums[n])) << u32(8 * n);
  }
  let row_words = i32(arrayLength(&codes)) / result_size.y;
  codes[first.y * row_words + first.x / PIXELS] = word;
}
