// Cubic convolution with a = -0.5; reference/bicubic.ts gives the source of its weights.
//
// A workgroup reads the source pixels under its 16x16 once into workgroup memory, premultiplied: 16 reads per pixel from the texture would
// exceed what the texture cache gives on integrated GPUs. Workgroup memory: 19*19*16 = 5,776 bytes.
const SIDE = 16;
// 16 output pixels cover at most 16 source pixels (at 1x), and the kernel reads one before and two after them.
const SOURCE_SIDE = 19;

var<workgroup> pixels: array<vec4f, SOURCE_SIDE * SOURCE_SIDE>;

fn weights(t: f32) -> vec4f {
  return vec4f(
    ((-0.5 * t + 1.0) * t - 0.5) * t,
    (1.5 * t - 2.5) * t * t + 1.0,
    ((-1.5 * t + 2.0) * t + 0.5) * t,
    (0.5 * t - 0.5) * t * t,
  );
}

fn along(at: i32, weight: vec4f) -> vec4f {
  return pixels[at - 1] * weight.x + pixels[at] * weight.y + pixels[at + 1] * weight.z + pixels[at + 2] * weight.w;
}

// A cubic rings at edges: a colour is at most its alpha, and is scaled down with an alpha above 1.
fn limited(sum: vec4f) -> vec4f {
  let alpha = clamp(sum.a, 0.0, 1.0);
  return vec4f(clamp(sum.rgb / max(sum.a, 1.0), vec3f(0.0), vec3f(alpha)), alpha);
}

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let source_size = vec2i(textureDimensions(source));
  let result_size = vec2i(textureDimensions(result));
  let origin = vec2i(group.xy) * SIDE;
  let last = result_size - 1;
  let first_base = sample_at(min(origin, last), source_size, result_size).base;
  let last_base = sample_at(min(origin + SIDE - 1, last), source_size, result_size).base;
  let extent = last_base - first_base + 4;

  for (var n = i32(index); n < extent.x * extent.y; n += SIDE * SIDE) {
    let cell = vec2i(n % extent.x, n / extent.x);
    pixels[cell.y * SOURCE_SIDE + cell.x] = source_at(first_base - 1 + cell, source_size);
  }
  workgroupBarrier();

  let position = origin + vec2i(local.xy);
  if (any(position >= result_size)) {
    return;
  }
  let s = sample_at(position, source_size, result_size);
  let cell = s.base - first_base + 1;
  let at = cell.y * SOURCE_SIDE + cell.x;
  let across = weights(s.fraction.x);
  let down = weights(s.fraction.y);
  let sum = along(at - SOURCE_SIDE, across) * down.x + along(at, across) * down.y +
    along(at + SOURCE_SIDE, across) * down.z + along(at + 2 * SOURCE_SIDE, across) * down.w;
  store(position, limited(sum));
}
