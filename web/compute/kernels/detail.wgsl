// Goes after bicubic.wgsl. Codes the luma that a sharp picture has more than the bicubic one; reference/detail.ts is its definition, and
// shared/detail.ts explains the numbers.
//
// A workgroup computes 16x16 pixels, four in a row for each invocation, which makes whole words: a quarter of the bytes of a picture is read back.
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

const CODES_PER_WORD = 4;
const WORDS_ACROSS = SIDE / CODES_PER_WORD;
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

@compute @workgroup_size(WORDS_ACROSS, SIDE)
fn detail(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let source_size = vec2i(textureDimensions(source));
  let result_size = vec2i(textureDimensions(sharp));
  let origin = vec2i(group.xy) * SIDE;
  let first_base = read_pixels(origin, source_size, result_size, index, WORDS_ACROSS * SIDE);
  let first = origin + vec2i(local.xy) * vec2i(CODES_PER_WORD, 1);
  if (any(first >= result_size)) {
    return;
  }
  var word = 0u;
  for (var n = 0; n < min(CODES_PER_WORD, result_size.x - first.x); n++) {
    let position = first + vec2i(n, 0);
    let base = bicubic_at(position, first_base, source_size, result_size);
    word |= code_at(position, base) << u32(8 * n);
  }
  let row_words = i32(arrayLength(&codes)) / result_size.y;
  codes[first.y * row_words + first.x / CODES_PER_WORD] = word;
}
