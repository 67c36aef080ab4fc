// The edge-adaptive upscaler and its sharpening in one pass; reference/edge-adaptive.ts describes both and cites their sources.
//
// A workgroup computes 16x16 pixels. It reads the source pixels under them once (12x12 at 2x) into workgroup memory, premultiplied;
// upscales 18x18 pixels from there, which costs 27 % more arithmetic than 16x16; and sharpens those from workgroup memory too. A separate
// sharpening pass would write the whole large picture and read it back: at 720p 7 MB more than the 4.6 MB this moves, and upscalers of this
// kind are limited by memory on any discrete GPU. It also keeps full precision between the two steps. Workgroup memory: 21*21*16 + 18*18*16
// = 12,240 of the 16,384 bytes that WebGPU guarantees.
const SIDE = 16;
const HALO_SIDE = 18;
// 18 output pixels cover at most 18 source pixels (at 1x), and the kernel reads one before and two after them.
const SOURCE_SIDE = 21;

const LOBE_FLAT = 0.5;
const LOBE_EDGE = 0.21;
const STRETCH = 0.5;
const FLAT_GRADIENT_SQUARED = 1.0 / 32768.0;
const TINY_STEP = 1.0 / 65536.0;
const SHARPNESS = 0.6;
const OVERSHOOT = 0.05;

var<workgroup> pixels: array<vec4f, SOURCE_SIDE * SOURCE_SIDE>;
var<workgroup> upscaled: array<vec4f, HALO_SIDE * HALO_SIDE>;

struct Edge {
  gradient: vec2f,
  edgeness: f32,
}

fn luma(color: vec4f) -> f32 {
  return dot(color, vec4f(0.25, 0.5, 0.25, 1.0));
}

// 1 where brightness rises or falls steadily through a pixel, 0 where it turns back.
fn steadiness(before: f32, here: f32, after: f32) -> f32 {
  let largest = max(max(abs(after - here), abs(here - before)), TINY_STEP);
  let ratio = min(abs(after - before) / largest, 1.0);
  return ratio * ratio;
}

fn add_corner(edge: ptr<function, Edge>, share: f32, center: f32, west: f32, east: f32, north: f32, south: f32) {
  (*edge).gradient += share * vec2f(east - west, south - north);
  (*edge).edgeness += share * (steadiness(west, center, east) + steadiness(north, center, south));
}

// The kernel for one position: an ellipse along the edge there.
struct Ellipse {
  across: vec2f,
  scale: vec2f,
  lobe: f32,
}

fn ellipse_of(edge: Edge) -> Ellipse {
  let squared = dot(edge.gradient, edge.gradient);
  let is_flat = squared < FLAT_GRADIENT_SQUARED;
  let across = select(edge.gradient * inverseSqrt(max(squared, FLAT_GRADIENT_SQUARED)), vec2f(1.0, 0.0), is_flat);
  let strength = edge.edgeness * edge.edgeness * 0.25;
  let diagonal = 1.0 / max(abs(across.x), abs(across.y));
  let scale = vec2f(1.0 + (diagonal - 1.0) * strength, 1.0 - STRETCH * strength);
  return Ellipse(across, scale, LOBE_FLAT + (LOBE_EDGE - LOBE_FLAT) * strength);
}

struct Sum {
  color: vec4f,
  weight: f32,
}

fn add_tap(sum: ptr<function, Sum>, ellipse: Ellipse, offset: vec2f, color: vec4f) {
  let turned = vec2f(dot(offset, ellipse.across), offset.y * ellipse.across.x - offset.x * ellipse.across.y) * ellipse.scale;
  let squared = min(dot(turned, turned), 1.0 / ellipse.lobe);
  let wave = 0.4 * squared - 1.0;
  let window = ellipse.lobe * squared - 1.0;
  let weight = (1.5625 * wave * wave - 0.5625) * window * window;
  (*sum).color += weight * color;
  (*sum).weight += weight;
}

// `at` is the index in `pixels` of the source pixel at or before the position. All taps have constant offsets from it.
fn upscale_at(at: i32, f: vec2f) -> vec4f {
  let b = pixels[at - SOURCE_SIDE];
  let c = pixels[at - SOURCE_SIDE + 1];
  let e = pixels[at - 1];
  let p = pixels[at];
  let q = pixels[at + 1];
  let h = pixels[at + 2];
  let i = pixels[at + SOURCE_SIDE - 1];
  let r = pixels[at + SOURCE_SIDE];
  let s = pixels[at + SOURCE_SIDE + 1];
  let l = pixels[at + SOURCE_SIDE + 2];
  let n = pixels[at + 2 * SOURCE_SIDE];
  let o = pixels[at + 2 * SOURCE_SIDE + 1];
  let p_luma = luma(p);
  let q_luma = luma(q);
  let r_luma = luma(r);
  let s_luma = luma(s);
  let g = 1.0 - f;
  var edge = Edge(vec2f(0.0), 0.0);
  add_corner(&edge, g.x * g.y, p_luma, luma(e), q_luma, luma(b), r_luma);
  add_corner(&edge, f.x * g.y, q_luma, p_luma, luma(h), luma(c), s_luma);
  add_corner(&edge, g.x * f.y, r_luma, luma(i), s_luma, p_luma, luma(n));
  add_corner(&edge, f.x * f.y, s_luma, r_luma, luma(l), q_luma, luma(o));
  let ellipse = ellipse_of(edge);
  var sum = Sum(vec4f(0.0), 0.0);
  add_tap(&sum, ellipse, vec2f(0.0, -1.0) - f, b);
  add_tap(&sum, ellipse, vec2f(1.0, -1.0) - f, c);
  add_tap(&sum, ellipse, vec2f(-1.0, 0.0) - f, e);
  add_tap(&sum, ellipse, vec2f(0.0, 0.0) - f, p);
  add_tap(&sum, ellipse, vec2f(1.0, 0.0) - f, q);
  add_tap(&sum, ellipse, vec2f(2.0, 0.0) - f, h);
  add_tap(&sum, ellipse, vec2f(-1.0, 1.0) - f, i);
  add_tap(&sum, ellipse, vec2f(0.0, 1.0) - f, r);
  add_tap(&sum, ellipse, vec2f(1.0, 1.0) - f, s);
  add_tap(&sum, ellipse, vec2f(2.0, 1.0) - f, l);
  add_tap(&sum, ellipse, vec2f(0.0, 2.0) - f, n);
  add_tap(&sum, ellipse, vec2f(1.0, 2.0) - f, o);
  let least = min(min(p, q), min(r, s));
  let most = max(max(p, q), max(r, s));
  return clamp(sum.color / sum.weight, least, most);
}

fn sharpen_at(at: i32) -> vec4f {
  let center = upscaled[at];
  let north = upscaled[at - HALO_SIDE];
  let south = upscaled[at + HALO_SIDE];
  let west = upscaled[at - 1];
  let east = upscaled[at + 1];
  let least = min(center, min(min(north, south), min(west, east)));
  let most = max(center, max(max(north, south), max(west, east)));
  let margin = (most - least) * OVERSHOOT;
  let sharp = center + SHARPNESS * (center - (north + south + west + east) * 0.25);
  return clamp(sharp, least - margin, most + margin);
}

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let source_size = vec2i(textureDimensions(source));
  let result_size = vec2i(textureDimensions(result));
  let origin = vec2i(group.xy) * SIDE - 1;
  let last = result_size - 1;
  let first_base = sample_at(clamp(origin, vec2i(0), last), source_size, result_size).base;
  let last_base = sample_at(clamp(origin + HALO_SIDE - 1, vec2i(0), last), source_size, result_size).base;
  let extent = last_base - first_base + 4;

  for (var n = i32(index); n < extent.x * extent.y; n += SIDE * SIDE) {
    let cell = vec2i(n % extent.x, n / extent.x);
    pixels[cell.y * SOURCE_SIDE + cell.x] = source_at(first_base - 1 + cell, source_size);
  }
  workgroupBarrier();

  for (var n = i32(index); n < HALO_SIDE * HALO_SIDE; n += SIDE * SIDE) {
    let position = clamp(origin + vec2i(n % HALO_SIDE, n / HALO_SIDE), vec2i(0), last);
    let s = sample_at(position, source_size, result_size);
    let cell = s.base - first_base + 1;
    upscaled[n] = upscale_at(cell.y * SOURCE_SIDE + cell.x, s.fraction);
  }
  workgroupBarrier();

  let position = vec2i(group.xy) * SIDE + vec2i(local.xy);
  if (all(position < result_size)) {
    store(position, sharpen_at((i32(local.y) + 1) * HALO_SIDE + i32(local.x) + 1));
  }
}
