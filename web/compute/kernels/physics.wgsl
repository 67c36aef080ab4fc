// Steps of spheres by the rules of shared/tasks/physics, in single precision. A step is four passes: `advance` all bodies, `place` them into
// a grid over all space whose cells are kept in a hash table, `meet` those that touch, and `bounce` them, one pair after another in the
// order of their numbers as far as they share a body. In what order threads find pairs or list them changes nothing of what comes out.

struct World {
  gravity: vec3f,
  timestep: f32,
  restitution: f32,
  count: u32,
  // Width of a cell of the grid.
  cell: f32,
  // Of the hash table's length, a power of two: less one.
  slots: u32,
  // Pairs that one step may have.
  pairs: u32,
  // Different pairs that may touch in all, and the length of their table, less one.
  touched: u32,
  touchedSlots: u32,
  // Steps from a checkpoint to the next.
  every: u32,
}

struct Progress {
  pairs: atomic<u32>,
  touched: atomic<u32>,
  // Not 0: too many pairs, or too many that depend on one another. What comes then is worth nothing.
  failed: atomic<u32>,
  steps: u32,
}

@group(0) @binding(0) var<uniform> world: World;
@group(0) @binding(1) var<storage, read_write> progress: Progress;
// Place and radius, speed and mass.
@group(0) @binding(2) var<storage, read_write> positions: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> velocities: array<vec4f>;
// Of each slot a body in it, and of each body another one, plus one; 0 ends a row.
@group(0) @binding(4) var<storage, read_write> cellHeads: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> nextInCell: array<u32>;
// Pairs by their numbers: first * count + second.
@group(0) @binding(6) var<storage, read_write> pairs: array<u32>;
// A hash table of the numbers of all pairs that touched, plus one; and their list.
@group(0) @binding(7) var<storage, read_write> touchedTable: array<atomic<u32>>;
@group(0) @binding(8) var<storage, read_write> touchedList: array<u32>;
// Of each body its first pair that is left, as what is missing to all ones: 0 is none.
@group(0) @binding(9) var<storage, read_write> firstPairs: array<atomic<u32>>;
@group(0) @binding(10) var<storage, read_write> checkpoints: array<f32>;

// Rounding moves a place by so much of the cell's number: two bodies that touch are never more cells apart than is looked.
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
      // Another cell of the same slot is looked at in its own turn.
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
  // An exchange may fail for no reason, and is tried again: the bound only ends what cannot be.
  for (var tries = 0u; tries <= 2u * world.touchedSlots; tries++) {
    slot &= world.touchedSlots;
    let exchange = atomicCompareExchangeWeak(&touchedTable[slot], 0u, pair + 1u);
    if (exchange.exchanged) {
      let at = atomicAdd(&progress.touched, 1u);
      if (at < world.touched) { touchedList[at] = pair; }
      return;
    }
    if (exchange.old_value == pair + 1u) { return; }
    if (exchange.old_value != 0u) { slot++; }
  }
}

var<workgroup> kept: atomic<u32>;
var<workgroup> left: u32;

// One workgroup, which takes a pair when no earlier one of either body is left, until none is.
@compute @workgroup_size(RESOLVE_THREADS)
fn resolveContacts(@builtin(local_invocation_index) nth: u32) {
  if (nth == 0u) { left = min(atomicLoad(&progress.pairs), world.pairs); }
  var remaining = workgroupUniformLoad(&left);
  // Each has its own pairs, as far apart as there are threads.
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
        // Nobody else's turn depends on it in this round.
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
  // In one point there is no line of centres.
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
