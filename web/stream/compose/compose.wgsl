// Enlarges a picture and adds detail, as webgl-programs.ts does. Positions in whole numbers, as in web/compute/kernels/sampling.wgsl.
// The code that uses this puts TILE_SIDE and MAX_DETAIL_CODES before it.

struct Addition {
  result_size: vec2i,
  // What one code adds, steps of 255. 0: there is no detail.
  steps_per_code: f32,
  dead_zone: i32,
  is_of_other: i32,
  max_steps: f32,
}

@group(0) @binding(0) var source: texture_2d<f32>;
@group(0) @binding(1) var other: texture_2d<f32>;
@group(0) @binding(2) var codes: texture_2d<u32>;
@group(0) @binding(3) var changes: texture_2d<f32>;
@group(0) @binding(4) var<uniform> addition: Addition;

// One triangle that covers the canvas.
@vertex
fn cover(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(vec2f(vec2u(index & 1u, index >> 1u)) * 4.0 - 1.0, 0.0, 1.0);
}

// 1 for each tile of two pictures in which a pixel differs (still-tiles.ts).
@fragment
fn changed(@builtin(position) place: vec4f) -> @location(0) vec4f {
  let first = vec2i(place.xy) * TILE_SIDE;
  let end = min(first + TILE_SIDE, vec2i(textureDimensions(source)));
  for (var y = first.y; y < end.y; y++) {
    for (var x = first.x; x < end.x; x++) {
      if (any(textureLoad(source, vec2i(x, y), 0) != textureLoad(other, vec2i(x, y), 0))) {
        return vec4f(1.0);
      }
    }
  }
  return vec4f(0.0);
}

// Cubic convolution with a = -0.5; web/compute/reference/bicubic.ts gives the source of its weights.
fn weights(t: f32) -> vec4f {
  return vec4f(
    ((-0.5 * t + 1.0) * t - 0.5) * t,
    (1.5 * t - 2.5) * t * t + 1.0,
    ((-1.5 * t + 2.0) * t + 0.5) * t,
    (0.5 * t - 0.5) * t * t,
  );
}

fn pixel(x: i32, y: i32, last: vec2i) -> vec3f {
  return textureLoad(source, clamp(vec2i(x, y), vec2i(0), last), 0).rgb;
}

fn row(x: i32, y: i32, across: vec4f, last: vec2i) -> vec3f {
  return pixel(x - 1, y, last) * across.x + pixel(x, y, last) * across.y +
    pixel(x + 1, y, last) * across.z + pixel(x + 2, y, last) * across.w;
}

fn is_still(at: vec2i, last: vec2i) -> bool {
  let tile = clamp(at, vec2i(0), last) / TILE_SIDE;
  let last_tile = last / TILE_SIDE;
  for (var y = max(tile.y - 1, 0); y <= min(tile.y + 1, last_tile.y); y++) {
    for (var x = max(tile.x - 1, 0); x <= min(tile.x + 1, last_tile.x); x++) {
      if (textureLoad(changes, vec2i(x, y), 0).r > 0.5) {
        return false;
      }
    }
  }
  return true;
}

@fragment
fn composed(@builtin(position) place: vec4f) -> @location(0) vec4f {
  let position = vec2i(place.xy);
  let size = vec2i(textureDimensions(source));
  let last = size - 1;
  let numerator = (2 * position + 1) * size + addition.result_size;
  let denominator = 2 * addition.result_size;
  let whole = numerator / denominator;
  let at = whole - 1;
  let fraction = vec2f(numerator - whole * denominator) / vec2f(denominator);
  let across = weights(fraction.x);
  let down = weights(fraction.y);
  let sum = row(at.x, at.y - 1, across, last) * down.x + row(at.x, at.y, across, last) * down.y +
    row(at.x, at.y + 1, across, last) * down.z + row(at.x, at.y + 2, across, last) * down.w;
  // A cubic rings at edges.
  var base = clamp(sum, vec3f(0.0), vec3f(1.0));
  if (addition.steps_per_code > 0.0) {
    let distance = clamp(i32(textureLoad(codes, position, 0).r) - 128, -MAX_DETAIL_CODES, MAX_DETAIL_CODES);
    if (abs(distance) > addition.dead_zone && (addition.is_of_other == 0 || is_still(at, last))) {
      // Whole steps, as in composition.ts: so the bound is exact.
      let steps = floor(f32(distance) * addition.steps_per_code + 0.5);
      base += clamp(steps, -addition.max_steps, addition.max_steps) / 255.0;
    }
  }
  return vec4f(clamp(base, vec3f(0.0), vec3f(1.0)), 1.0);
}
