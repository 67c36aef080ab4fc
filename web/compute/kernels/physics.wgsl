// Steps of spheres by the rules of shared/tasks/physics, in single precision. A step has four passes: `integrate` moves all bodies;
// `insert` puts them into an unbounded grid whose cells are kept in a hash table (M. Teschner et al., "Optimized Spatial Hashing for
// Collision Detection of Deformable Objects", VMV 2003); `findContacts` lists the pairs that touch; `resolveContacts` bounces them, pairs
// that share a body in the order of their numbers. The order in which threads find or list pairs does not change the result.

struct World {
  gravity: vec3f,
  timestep: f32,
  restitution: f32,
  count: u32,
  // Width of a cell of the grid.
  cell: f32,
  // Length of the hash table, a power of two, minus one.
  slots: u32,
  // Most contacts in one step.
  pairs: u32,
  // Most different pairs that may touch in all, and the length of their hash table minus one.
  touched: u32,
  touchedSlots: u32,
  // Steps between two checkpoints.
  every: u32,
}

struct Progress {
  pairs: atomic<u32>,
  touched: atomic<u32>,
  // Not 0 after too many contacts, or too many that depend on one another. The results are then invalid.
  failed: atomic<u32>,
  steps: u32,
}

@group(0) @binding(0) var<uniform> world: World;
@group(0) @binding(1) var<storage, read_write> progress: Progress;
// Position and radius; velocity and mass.
@group(0) @binding(2) var<storage, read_write> positions: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> velocities: array<vec4f>;
// Linked lists: by slot the number of a body plus one, by body the next one; 0 ends a list.
@group(0) @binding(4) var<storage, read_write> cellHeads: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> nextInCell: array<u32>;
// Contacts as numbers: first * count + second.
@group(0) @binding(6) var<storage, read_write> pairs: array<u32>;
// A hash table of the numbers of all pairs that touched, plus one; and their list, with the segment between two checkpoints in which each first did.
@group(0) @binding(7) var<storage, read_write> touchedTable: array<atomic<u32>>;
@group(0) @binding(8) var<storage, read_write> touchedList: array<vec2u>;
// By body the complement of its first unresolved contact; 0 is none.
@group(0) @binding(9) var<storage, read_write> firstPairs: array<atomic<u32>>;
@group(0) @binding(10) var<storage, read_write> checkpoints: array<f32>;

// Relative rounding of a position in cells: no two touching bodies are more cells apart than are searched.
const CELL_SLACK = 0x1p-21;
const RESOLVE_THREADS = 256u;

fn cellOf(place: vec3f) -> vec3i { return vec3i(floor(place / world.cell)); }

fn slotOf(cell: vec3i) -> u32 {
  let parts = bitcast<vec3u>(cell) * vec3u(73856093u, 19349663u, 83492791u);
  let mixed = parts.x ^ parts.y ^ parts.z;
  return (mixed ^ (mixed >> 15u)) & world.slots;
}

@compute @workgroup_size(64)
fn integrate(@builtin(global_invocation_id) id: vec3u) {
  if (id.x <= world.slots) { atomicStore(&cellHeads[id.x], 0u); }
  if (id.x >= world.count) { return; }
  let speed = velocities[id.x].xyz + world.gravity * world.timestep;
  velocities[id.x] = vec4f(speed, velocities[id.x].w);
  positions[id.x] += vec4f(speed * world.timestep, 0.0);
}

@compute @workgroup_size(64)
fn insert(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= world.count) { return; }
  nextInCell[id.x] = atomicExchange(&cellHeads[slotOf(cellOf(positions[id.x].xyz))], id.x + 1u);
}

// Each pair is found by its larger body, of equal ones by the later.
@compute @workgroup_size(64)
fn findContacts(@builtin(global_invocation_id) id: vec3u) {
  let body = id.x;
  if (body >= world.count) { return; }
  let own = positions[body];
  let cell = cellOf(own.xyz);
  let far = max(abs(own.x), max(abs(own.y), abs(own.z))) / world.cell;
  let reach = ceil(2.0 * own.w / world.cell + far * CELL_SLACK);
  let across = 2.0 * reach + 1.0;
  if (across * across * across > f32(world.count)) {
    for (var other = 0u; other < world.count; other++) { testPair(body, own, other); }
    return;
  }
  let cells = u32(across);
  for (var nth = 0u; nth < cells * cells * cells; nth++) {
    let around = cell + vec3i(vec3u(nth % cells, nth / cells % cells, nth / (cells * cells))) - i32(reach);
    var other = atomicLoad(&cellHeads[slotOf(around)]);
    while (other != 0u) {
      // Another cell with the same slot is searched separately.
      if (all(cellOf(positions[other - 1u].xyz) == around)) { testPair(body, own, other - 1u); }
      other = nextInCell[other - 1u];
    }
  }
}

fn testPair(body: u32, own: vec4f, other: u32) {
  let its = positions[other];
  if (its.w > own.w || (its.w == own.w && other >= body)) { return; }
  if (distance(own.xyz, its.xyz) - own.w - its.w >= 0.0) { return; }
  let pair = min(body, other) * world.count + max(body, other);
  let at = atomicAdd(&progress.pairs, 1u);
  if (at >= world.pairs) {
    atomicStore(&progress.failed, 1u);
    return;
  }
  pairs[at] = pair;
  recordCollision(pair);
}

fn recordCollision(pair: u32) {
  if (atomicLoad(&progress.touched) >= world.touched) {
    atomicStore(&progress.failed, 1u);
    return;
  }
  var slot = (pair * 2654435761u) >> 7u;
  // A weak exchange may fail spuriously and is tried again. The limit only ends a loop that should be impossible.
  for (var tries = 0u; tries <= 2u * world.touchedSlots; tries++) {
    slot &= world.touchedSlots;
    let exchange = atomicCompareExchangeWeak(&touchedTable[slot], 0u, pair + 1u);
    if (exchange.exchanged) {
      let at = atomicAdd(&progress.touched, 1u);
      if (at < world.touched) { touchedList[at] = vec2u(pair, progress.steps / world.every); }
      return;
    }
    if (exchange.old_value == pair + 1u) { return; }
    if (exchange.old_value != 0u) { slot++; }
  }
}

var<workgroup> kept: atomic<u32>;
var<workgroup> left: u32;

// One workgroup. Resolves a contact when no earlier one of either body is left, until none is left.
@compute @workgroup_size(RESOLVE_THREADS)
fn resolveContacts(@builtin(local_invocation_index) nth: u32) {
  if (nth == 0u) { left = min(atomicLoad(&progress.pairs), world.pairs); }
  var remaining = workgroupUniformLoad(&left);
  // Each thread owns every RESOLVE_THREADS-th contact.
  var mine = (remaining + RESOLVE_THREADS - 1u - nth) / RESOLVE_THREADS;
  for (var looks = 0u; remaining > 0u && looks < MAX_PAIR_VISITS; looks += 1u + remaining / RESOLVE_THREADS) {
    for (var i = 0u; i < mine; i++) {
      let pair = pairs[nth + i * RESOLVE_THREADS];
      atomicMax(&firstPairs[pair / world.count], ~pair);
      atomicMax(&firstPairs[pair % world.count], ~pair);
    }
    storageBarrier();
    var waiting = 0u;
    for (var i = 0u; i < mine; i++) {
      let pair = pairs[nth + i * RESOLVE_THREADS];
      let first = pair / world.count;
      let second = pair % world.count;
      if (atomicLoad(&firstPairs[first]) == ~pair && atomicLoad(&firstPairs[second]) == ~pair) {
        collide(first, second);
        // No other contact of this round depends on these bodies.
        atomicStore(&firstPairs[first], 0u);
        atomicStore(&firstPairs[second], 0u);
      } else {
        pairs[nth + waiting * RESOLVE_THREADS] = pair;
        waiting++;
      }
    }
    mine = waiting;
    atomicAdd(&kept, mine);
    storageBarrier();
    for (var i = 0u; i < mine; i++) {
      let pair = pairs[nth + i * RESOLVE_THREADS];
      atomicStore(&firstPairs[pair / world.count], 0u);
      atomicStore(&firstPairs[pair % world.count], 0u);
    }
    workgroupBarrier();
    if (nth == 0u) { left = atomicExchange(&kept, 0u); }
    storageBarrier();
    remaining = workgroupUniformLoad(&left);
  }
  if (nth > 0u) { return; }
  if (remaining > 0u) { atomicStore(&progress.failed, 1u); }
  atomicStore(&progress.pairs, 0u);
  progress.steps++;
}

fn collide(first: u32, second: u32) {
  let one = velocities[first];
  let other = velocities[second];
  let between = positions[second].xyz - positions[first].xyz;
  let apart = length(between);
  // Coinciding centres have no line between them.
  var normal = vec3f(1.0, 0.0, 0.0);
  if (apart > 0.0) { normal = between / apart; }
  let approach = dot(one.xyz - other.xyz, normal);
  if (approach <= 0.0) { return; }
  let change = (1.0 + world.restitution) * approach / (one.w + other.w);
  velocities[first] = vec4f(one.xyz - change * other.w * normal, one.w);
  velocities[second] = vec4f(other.xyz + change * one.w * normal, other.w);
}

@compute @workgroup_size(64)
fn saveCheckpoint(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= world.count) { return; }
  let at = ((progress.steps / world.every - 1u) * world.count + id.x) * 6u;
  for (var axis = 0u; axis < 3u; axis++) {
    checkpoints[at + axis] = positions[id.x][axis];
    checkpoints[at + 3u + axis] = velocities[id.x][axis];
  }
}
