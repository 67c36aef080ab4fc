// Goes after `alias value = f32;`, or f16. Converts between opaque RGBA8, four bytes per word, and the planes that a network takes and returns.
struct Band {
  // Size of the source picture.
  size: vec2i,
  // Source rows that were read, and the rows among them whose result is right.
  read: vec2i,
  kept: vec2i,
}

@group(0) @binding(0) var<uniform> band: Band;
@group(0) @binding(1) var<storage, read_write> tensor: array<value>;
// Each entry point uses one of them.
@group(0) @binding(2) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(8, 8)
fn to_planes(@builtin(global_invocation_id) id: vec3u) {
  let at = vec2i(id.xy);
  if (at.x >= band.size.x || at.y >= read_rows()) { return; }
  let texel = unpack4x8unorm(source[(at.y + band.read.x) * band.size.x + at.x]);
  let plane = band.size.x * read_rows();
  let first = at.y * band.size.x + at.x;
  for (var colour = 0; colour < 3; colour++) { tensor[first + colour * plane] = value(texel[colour]); }
}

@compute @workgroup_size(8, 8)
fn from_planes(@builtin(global_invocation_id) id: vec3u) {
  let at = vec2i(id.xy) + vec2i(0, 2 * band.kept.x);
  if (at.x >= 2 * band.size.x || at.y >= 2 * band.kept.y) { return; }
  let plane = 4 * band.size.x * read_rows();
  let first = (at.y - 2 * band.read.x) * 2 * band.size.x + at.x;
  let colour = vec3f(f32(tensor[first]), f32(tensor[first + plane]), f32(tensor[first + 2 * plane]));
  result[at.y * 2 * band.size.x + at.x] = pack4x8unorm(vec4f(colour, 1.0));
}

fn read_rows() -> i32 {
  return band.read.y - band.read.x;
}
