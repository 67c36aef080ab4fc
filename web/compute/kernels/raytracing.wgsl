// One invocation per pixel and some of its samples, by the rules of shared/tasks/raytracing: what Tracer finds along the rays of Renderer. Triangles by T. Möller
// and B. Trumbore ("Fast, Minimum Storage Ray-Triangle Intersection", 1997), spheres by E. Haines et al. ("Precision Improvements for
// Ray/Sphere Intersection", Ray Tracing Gems, 2019). In single precision a ray that passes within some 0.001 pixel of an edge may fall on
// its other side.

struct View {
  position: vec3f,
  seed: u32,
  forward: vec3f,
  samples: u32,
  // To the right and downwards, over half the picture.
  right: vec3f,
  spheres: u32,
  down: vec3f,
  // Spheres and triangles.
  primitives: u32,
  background: vec3f,
  planes: u32,
  pictureSize: vec2f,
  tileAt: vec2u,
  tileWidth: u32,
  lights: u32,
  // The range of the tile's pixels, row by row, that this dispatch renders.
  fromPixel: u32,
  toPixel: u32,
  // Samples that each of them has after this dispatch.
  toSample: u32,
  // Tests that this dispatch may make. A test is one of a ray against a node, a sphere, a triangle, or four planes.
  budget: u32,
}

struct Node {
  low: vec3f,
  // 0 in a leaf. The first child follows its parent.
  second: u32,
  high: vec3f,
  // In a leaf: index of its first primitive in `order` times 8, plus their number.
  leaf: u32,
}

struct Ray {
  origin: vec3f,
  direction: vec3f,
}

struct Hit {
  distance: f32,
  met: u32,
}

// What became of a dispatch.
struct Progress {
  // Of the threads that made many.
  tests: atomic<u32>,
  // Pixels that have fewer samples than they should, because the budget was spent.
  unfinished: atomic<u32>,
  // Not 0 where one sample takes more tests than any may.
  tooMany: atomic<u32>,
}

@group(0) @binding(0) var<uniform> view: View;
// Spheres (centre, radius), triangles (a corner and two edges), planes (point, normal), lights (position, colour).
@group(0) @binding(1) var<storage, read> shapes: array<vec4f>;
// Colour and reflectivity, of the primitives, then of the planes.
@group(0) @binding(2) var<storage, read> materials: array<vec4f>;
@group(0) @binding(3) var<storage, read> nodes: array<Node>;
@group(0) @binding(4) var<storage, read> order: array<u32>;
@group(0) @binding(5) var<storage, read_write> pixels: array<u32>;
// By pixel of the range: the sum of its samples so far, and their number.
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> progress: Progress;

const NOTHING = 0xffffffffu;
const FAR = 3.0e38;
// Replaces zeros, which would give 0 times infinity for a ray along a box's side.
const TINY = 1.0e-24;
// Error of three roundings in a slab test (T. Ize, "Robust BVH Ray Traversal", JCGT 2(2), 2013).
const BOX_SLACK = 1.000002;
// More than any budget.
const ALL_TESTS = 0x7fffffffu;
// Tests after which a thread adds its own to those of all.
const TESTS_PER_LOOK = 512u;

// Tests of this thread, and how many of them it has added.
var<private> tests: u32;
var<private> added: u32;
// Whether this thread gives up, so that no driver takes the GPU for hung.
var<private> isStopped: bool;

fn look() {
  let before = atomicAdd(&progress.tests, tests - added);
  added = tests;
  isStopped = isStopped || before > view.budget || tests > MAX_TESTS;
}

fn trianglesAt() -> u32 { return view.spheres; }
fn planesAt() -> u32 { return view.spheres + 3u * (view.primitives - view.spheres); }
fn lightsAt() -> u32 { return planesAt() + 2u * view.planes; }

fn meetPlanes(ray: Ray, nearest: Hit) -> Hit {
  var hit = nearest;
  for (var plane = 0u; plane < view.planes; plane++) {
    let at = planesAt() + 2u * plane;
    let normal = shapes[at + 1u].xyz;
    let slope = dot(normal, ray.direction);
    if (slope == 0.0) { continue; }
    let t = dot(shapes[at].xyz - ray.origin, normal) / slope;
    if (t > 0.0 && t < hit.distance) { hit = Hit(t, view.primitives + plane); }
  }
  return hit;
}

fn meetSphere(sphere: u32, ray: Ray, nearest: Hit) -> Hit {
  let shape = shapes[sphere];
  let offset = ray.origin - shape.xyz;
  let b = dot(offset, ray.direction);
  let q = offset - b * ray.direction;
  let within = shape.w * shape.w - dot(q, q);
  if (within < 0.0) { return nearest; }
  let halfChord = sqrt(within);
  let t = select(-b + halfChord, -b - halfChord, -b - halfChord > 0.0);
  if (t > 0.0 && t < nearest.distance) { return Hit(t, sphere); }
  return nearest;
}

fn meetTriangle(primitive: u32, ray: Ray, nearest: Hit) -> Hit {
  let at = trianglesAt() + 3u * (primitive - view.spheres);
  let e1 = shapes[at + 1u].xyz;
  let e2 = shapes[at + 2u].xyz;
  let p = cross(ray.direction, e2);
  let determinant = dot(e1, p);
  if (determinant == 0.0) { return nearest; }
  let inverse = 1.0 / determinant;
  let offset = ray.origin - shapes[at].xyz;
  let u = dot(offset, p) * inverse;
  if (u < 0.0 || u > 1.0) { return nearest; }
  let q = cross(offset, e1);
  let v = dot(ray.direction, q) * inverse;
  if (v < 0.0 || u + v > 1.0) { return nearest; }
  let t = dot(e2, q) * inverse;
  if (t > 0.0 && t < nearest.distance) { return Hit(t, primitive); }
  return nearest;
}

// Distance at which a box is entered; FAR where it is missed or lies beyond the nearest hit.
fn entry(node: u32, origin: vec3f, inverse: vec3f, nearest: f32) -> f32 {
  let one = (nodes[node].low - origin) * inverse;
  let other = (nodes[node].high - origin) * inverse;
  let near = min(one, other);
  let far = max(one, other);
  let enter = max(max(near.x, near.y), max(near.z, 0.0));
  let leave = min(far.x, min(far.y, far.z));
  return select(FAR, enter, enter <= leave * BOX_SLACK && enter < nearest);
}

// The nearest hit within the distance; any hit where one is enough. Nothing in particular once the thread gives up.
fn meet(ray: Ray, distance: f32, isAnyEnough: bool) -> Hit {
  tests += view.planes >> 2u;
  var hit = meetPlanes(ray, Hit(distance, NOTHING));
  if (view.primitives == 0u || (isAnyEnough && hit.met != NOTHING)) { return hit; }
  let inverse = 1.0 / select(ray.direction, vec3f(TINY), abs(ray.direction) < vec3f(TINY));
  var stack: array<u32, MAX_DEPTH>;
  var size = 0u;
  var node = 0u;
  // Tests of this ray that are not counted yet.
  var visits = 0u;
  if (entry(0u, ray.origin, inverse, hit.distance) == FAR) { return hit; }
  loop {
    visits++;
    let other = nodes[node].second;
    if (other == 0u) {
      let leaf = nodes[node].leaf;
      visits += leaf & 7u;
      for (var i = leaf & 7u; i > 0u; i--) {
        let primitive = order[(leaf >> 3u) + i - 1u];
        if (primitive < view.spheres) { hit = meetSphere(primitive, ray, hit); } else { hit = meetTriangle(primitive, ray, hit); }
      }
      if (isAnyEnough && hit.met != NOTHING) { break; }
    } else {
      let here = entry(node + 1u, ray.origin, inverse, hit.distance);
      let there = entry(other, ray.origin, inverse, hit.distance);
      let isHereNearer = here <= there;
      if (min(here, there) < FAR) {
        if (max(here, there) < FAR) {
          stack[size] = select(node + 1u, other, isHereNearer);
          size++;
        }
        node = select(other, node + 1u, isHereNearer);
        continue;
      }
    }
    if (size == 0u) { break; }
    if (visits >= TESTS_PER_LOOK) {
      tests += visits;
      visits = 0u;
      look();
      if (isStopped) { break; }
    }
    size--;
    node = stack[size];
  }
  tests += visits;
  return hit;
}

fn normalAt(met: u32, place: vec3f) -> vec3f {
  if (met >= view.primitives) { return shapes[planesAt() + 2u * (met - view.primitives) + 1u].xyz; }
  if (met < view.spheres) { return normalize(place - shapes[met].xyz); }
  let at = trianglesAt() + 3u * (met - view.spheres);
  return normalize(cross(shapes[at + 1u].xyz, shapes[at + 2u].xyz));
}

fn lightAt(place: vec3f, normal: vec3f) -> vec3f {
  var sum = vec3f(AMBIENT);
  for (var light = 0u; light < view.lights; light++) {
    let at = lightsAt() + 2u * light;
    let towards = shapes[at].xyz - place;
    let distance = length(towards);
    if (distance == 0.0) { continue; }
    let direction = towards / distance;
    let slope = dot(direction, normal);
    if (slope <= 0.0 || meet(Ray(place, direction), distance, true).met != NOTHING) { continue; }
    sum += slope * shapes[at + 1u].xyz;
  }
  return sum;
}

fn trace(eye: Ray) -> vec3f {
  var ray = eye;
  var color = vec3f(0.0);
  var weight = 1.0;
  for (var bounce = 0u; bounce <= MAX_BOUNCES; bounce++) {
    let hit = meet(ray, FAR, false);
    // Here too, since many short rays make as many tests as a long one.
    if (tests - added >= TESTS_PER_LOOK) { look(); }
    if (isStopped) { break; }
    if (hit.met == NOTHING) { return color + weight * view.background; }
    let material = materials[hit.met];
    let surface = ray.origin + hit.distance * ray.direction;
    var normal = normalAt(hit.met, surface);
    if (dot(normal, ray.direction) > 0.0) { normal = -normal; }
    let size = abs(surface);
    let place = surface + SURFACE_OFFSET * (1.0 + max(size.x, max(size.y, size.z))) * normal;
    let reflectivity = select(0.0, material.w, bounce < MAX_BOUNCES);
    if (reflectivity < 1.0) { color += weight * (1.0 - reflectivity) * lightAt(place, normal) * material.xyz; }
    weight *= reflectivity;
    if (weight < LEAST_WEIGHT) { break; }
    ray = Ray(place, reflect(ray.direction, normal));
  }
  return color;
}

// As in shared/tasks/raytracing/render.ts: pcg4d of M. Jarzynski and M. Olano ("Hash Functions for GPU Rendering", JCGT 9(3), 2020).
fn sampleOffset(pixel: vec2u, sample: u32) -> vec2f {
  if (view.samples == 1u) { return vec2f(0.5); }
  var v = vec4u(pixel, sample, view.seed) * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  return vec2f(v.xy >> vec2u(8u)) / 16777216.0;
}

fn toSrgb(linear: vec3f) -> vec3f {
  let value = clamp(linear, vec3f(0.0), vec3f(1.0));
  return select(1.055 * pow(value, vec3f(1.0 / 2.4)) - 0.055, 12.92 * value, value <= vec3f(0.0031308));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = view.fromPixel + id.x;
  if (at >= view.toPixel) { return; }
  let pixel = view.tileAt + vec2u(at % view.tileWidth, at / view.tileWidth);
  isStopped = atomicLoad(&progress.tests) > view.budget;
  var sum = sums[id.x].xyz;
  let before = u32(sums[id.x].w);
  var sample = before;
  while (sample < view.toSample && !isStopped) {
    let place = 2.0 * (vec2f(pixel) + sampleOffset(pixel, sample)) / view.pictureSize - 1.0;
    let color = trace(Ray(view.position, normalize(view.forward + place.x * view.right + place.y * view.down)));
    // Part of a sample is none.
    if (isStopped) { break; }
    sum += color;
    sample++;
  }
  sums[id.x] = vec4f(sum, f32(sample));
  if (sample < view.toSample) {
    atomicAdd(&progress.unfinished, 1u);
    if (sample == before && tests > MAX_TESTS) {
      atomicStore(&progress.tooMany, 1u);
      // For nothing does any other thread go on.
      atomicMax(&progress.tests, ALL_TESTS);
    }
  } else if (sample == view.samples) {
    pixels[at] = pack4x8unorm(vec4f(toSrgb(sum / f32(view.samples)), 1.0));
  }
}
