// Goes after `alias value = f32;`, or f16. Converts between straight RGBA8, four bytes per word, and the planes that a network takes and
// returns.
struct Band {
  // Size of the source picture.
  size: vec2i,
  // Source rows that were read, and the rows among them whose result is right.
  read: vec2i,
  kept: vec2i,
}

@group(0) @binding(0) var<uniform> band: Band;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> tensor: array<value>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(8, 8)
fn to_planes(@builtin(global_invocation_id) id: vec3u) {
  let at = vec2i(id.xy);
  if (at.x >= band.size.x || at.y >= read_rows()) { return; }
  let texel = unpack4x8unorm(source[(at.y + band.read.x) * band.size.x + at.x]);
  let plane = band.size.x * read_rows();
  let first = at.y * band.size.x + at.x;
  for (var colour = 0; colour < 3; colour++) { tensor[first + colour * plane] = value(texel[colour] * texel.a); }
}

@compute @workgroup_size(8, 8)
fn from_planes(@builtin(global_invocation_id) id: vec3u) {
  let at = vec2i(id.xy) + vec2i(0, 2 * band.kept.x);
  if (at.x >= 2 * band.size.x || at.y >= 2 * band.kept.y) { return; }
  let plane = 4 * band.size.x * read_rows();
  let first = (at.y - 2 * band.read.x) * 2 * band.size.x + at.x;
  let colour = vec3f(f32(tensor[first]), f32(tensor[first + plane]), f32(tensor[first + 2 * plane]));
  let alpha = alpha_at(at);
  // Converts to straight alpha. Below a tenth of an 8-bit step the colour is noise.
  let straight = select(vec3f(0), colour / max(alpha, 1e-6), alpha > 1.0 / 2550.0);
  result[at.y * 2 * band.size.x + at.x] = pack4x8unorm(vec4f(straight, alpha));
}

fn read_rows() -> i32 {
  return band.read.y - band.read.x;
}

// The source's alpha at twice the size, bilinear.
fn alpha_at(at: vec2i) -> f32 {
  let base = (at + 1) / 2 - 1;
  let next = select(vec2f(0.25), vec2f(0.75), (at & vec2i(1)) == vec2i(0));
  let top = mix(alpha_of(base), alpha_of(base + vec2i(1, 0)), next.x);
  let bottom = mix(alpha_of(base + vec2i(0, 1)), alpha_of(base + 1), next.x);
  return mix(top, bottom, next.y);
}

fn alpha_of(position: vec2i) -> f32 {
  let inside = clamp(position, vec2i(0), band.size - 1);
  return unpack4x8unorm(source[inside.y * band.size.x + inside.x]).a;
}
