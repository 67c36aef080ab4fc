// The cost of each cell's cheapest path to one goal, by the rules of shared/tasks/pathfinding: a wave from the goal outwards, relaxed in
// parallel (W.-K. Jeong, R. T. Whitaker, "A Fast Iterative Method for Eikonal Equations", SIAM J. Sci. Comput. 30(5), 2008, whose active
// blocks are the tiles here). A workgroup improves a tile of cells until nothing changes, for at most ROUNDS rounds. A pass does so for
// every tile beside one that changed in the pass before. Passes read one buffer and write the other, so the order of the tiles does not
// matter.
//
// A cost keeps the sums of straight and of diagonal steps apart: whole numbers, so the order of adding does not matter. Costs x + y sqrt(2)
// are compared by squares of whole numbers too, so rounding never decides.

struct Params {
  width: u32,
  height: u32,
  // Directions: 4 or 8.
  neighbours: u32,
  // Number of the goal's cell, row by row.
  goal: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// One byte per cell; 0 is a wall.
@group(0) @binding(1) var<storage, read> cost: array<u32>;
@group(0) @binding(2) var<storage, read> distancesBefore: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> distancesAfter: array<vec2u>;
// By tile: whether the previous pass changed it, and whether this pass does.
@group(0) @binding(4) var<storage, read> wasDirty: array<u32>;
@group(0) @binding(5) var<storage, read_write> isDirty: array<u32>;
@group(0) @binding(6) var<storage, read_write> changeCount: atomic<u32>;
// One byte per cell: the direction of its next step, or NO_DIRECTION.
@group(0) @binding(7) var<storage, read_write> directions: array<u32>;

const FAR = vec2u(0xffffffffu);
// A tile with the cells around it.
const EDGE = SIDE + 2u;

var<workgroup> costs: array<u32, EDGE * EDGE>;
// Twice: a round reads one and writes the other.
var<workgroup> distances: array<array<vec2u, EDGE * EDGE>, 2>;
// The last round in which a cell improved, from 1 on.
var<workgroup> lastRound: atomic<u32>;
var<workgroup> isMoving: bool;

fn across() -> u32 { return (params.width + SIDE - 1u) / SIDE; }
fn down() -> u32 { return (params.height + SIDE - 1u) / SIDE; }
fn isInside(x: i32, y: i32) -> bool { return x >= 0 && y >= 0 && x < i32(params.width) && y < i32(params.height); }
fn costOf(cell: u32) -> u32 { return extractBits(cost[cell / 4u], 8u * (cell % 4u), 8u); }

// As in shared/tasks/pathfinding/grid.ts: east, south, west, north, then the diagonals clockwise from south-east.
fn stepOf(direction: u32) -> vec2i {
  switch direction {
    case 0u: { return vec2i(1, 0); }
    case 1u: { return vec2i(0, 1); }
    case 2u: { return vec2i(-1, 0); }
    case 3u: { return vec2i(0, -1); }
    case 4u: { return vec2i(1, 1); }
    case 5u: { return vec2i(-1, 1); }
    case 6u: { return vec2i(-1, -1); }
    default: { return vec2i(1, -1); }
  }
}

fn stepped(total: vec2u, into: u32, direction: u32) -> vec2u {
  return total + select(vec2u(0u, into), vec2u(into, 0u), direction < 4u);
}

// All 64 bits of the square; x is below 2^28.
fn square(x: u32) -> vec2u {
  let low = x & 0xffffu;
  let high = x >> 16u;
  let middle = low * high;
  let word = low * low + (middle << 17u);
  return vec2u(word, high * high + (middle >> 15u) + select(0u, 1u, word < low * low));
}

// straight > diagonal * sqrt(2). Neither is 0, so they are never equal.
fn outweighs(straight: u32, diagonal: u32) -> bool {
  if ((straight | diagonal) < 0x8000u) { return straight * straight > 2u * diagonal * diagonal; }
  let left = square(straight);
  let half = square(diagonal);
  let right = vec2u(half.x << 1u, (half.y << 1u) | (half.x >> 31u));
  return left.y > right.y || (left.y == right.y && left.x > right.x);
}

fn isLess(one: vec2u, other: vec2u) -> bool {
  if (one.x <= other.x && one.y <= other.y) { return any(one != other); }
  if (one.x >= other.x && one.y >= other.y) { return false; }
  if (one.x < other.x) { return outweighs(other.x - one.x, one.y - other.y); }
  return !outweighs(one.x - other.x, other.y - one.y);
}

@compute @workgroup_size(64)
fn initialize(@builtin(global_invocation_id) id: vec3u) {
  let cell = id.x;
  if (cell < params.width * params.height) { distancesAfter[cell] = select(FAR, vec2u(0u), cell == params.goal); }
  let goalTile = (params.goal / params.width / SIDE) * across() + (params.goal % params.width) / SIDE;
  if (cell < across() * down()) { isDirty[cell] = select(0u, 1u, cell == goalTile); }
}

fn hasDirtyNeighbour(tile: vec2u) -> bool {
  var changed = 0u;
  for (var y = max(tile.y, 1u) - 1u; y <= min(tile.y + 1u, down() - 1u); y++) {
    for (var x = max(tile.x, 1u) - 1u; x <= min(tile.x + 1u, across() - 1u); x++) {
      changed |= wasDirty[y * across() + x];
    }
  }
  return changed != 0u;
}

@compute @workgroup_size(SIDE, SIDE)
fn relax(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_id) at: vec3u,
  @builtin(local_invocation_index) nth: u32,
) {
  let tileNumber = tile.y * across() + tile.x;
  if (!hasDirtyNeighbour(tile.xy)) {
    // Both buffers already hold the same values: nothing changed the tile since it was last written.
    if (nth == 0u) { isDirty[tileNumber] = 0u; }
    return;
  }
  for (var slot = nth; slot < EDGE * EDGE; slot += SIDE * SIDE) {
    let x = i32(tile.x * SIDE + slot % EDGE) - 1;
    let y = i32(tile.y * SIDE + slot / EDGE) - 1;
    var known = FAR;
    costs[slot] = 0u;
    if (isInside(x, y)) {
      let cell = u32(y) * params.width + u32(x);
      costs[slot] = costOf(cell);
      known = distancesBefore[cell];
    }
    distances[0][slot] = known;
    distances[1][slot] = known;
  }
  workgroupBarrier();

  let slot = (at.y + 1u) * EDGE + at.x + 1u;
  var open = 0u;
  for (var direction = 0u; direction < params.neighbours; direction++) {
    let step = stepOf(direction);
    let beside = u32(i32(slot) + step.x);
    let below = u32(i32(slot) + i32(EDGE) * step.y);
    // A diagonal step must not cut a corner. For a straight step one of the two cells is the cell itself.
    let free = min(min(costs[slot], costs[neighbour(slot, direction)]), min(costs[beside], costs[below]));
    if (free != 0u) { open |= 1u << direction; }
  }
  var best = distances[0][slot];
  for (var round = 1u; round <= ROUNDS; round++) {
    let known = best;
    for (var direction = 0u; direction < params.neighbours; direction++) {
      let next = neighbour(slot, direction);
      let beyond = distances[(round + 1u) % 2u][next];
      if ((open & (1u << direction)) == 0u || beyond.x == FAR.x) { continue; }
      let total = stepped(beyond, costs[next], direction);
      if (best.x == FAR.x || isLess(total, best)) { best = total; }
    }
    distances[round % 2u][slot] = best;
    if (any(best != known)) { atomicStore(&lastRound, round); }
    workgroupBarrier();
    // The check costs more than a round.
    if (round % 4u != 0u) { continue; }
    if (nth == 0u) { isMoving = atomicLoad(&lastRound) == round; }
    if (!workgroupUniformLoad(&isMoving)) { break; }
  }
  let x = tile.x * SIDE + at.x;
  let y = tile.y * SIDE + at.y;
  if (x < params.width && y < params.height) { distancesAfter[y * params.width + x] = best; }
  if (nth == 0u) {
    let changed = select(0u, 1u, atomicLoad(&lastRound) != 0u);
    isDirty[tileNumber] = changed;
    atomicOr(&changeCount, changed);
  }
}

fn neighbour(slot: u32, direction: u32) -> u32 {
  let step = stepOf(direction);
  return u32(i32(slot) + step.x + i32(EDGE) * step.y);
}

@compute @workgroup_size(64)
fn extractDirections(@builtin(global_invocation_id) id: vec3u) {
  let cells = params.width * params.height;
  if (id.x * 4u >= cells) { return; }
  var four = 0u;
  for (var i = 0u; i < 4u; i++) {
    let cell = id.x * 4u + i;
    four = insertBits(four, select(NO_DIRECTION, downhill(cell), cell < cells), 8u * i, 8u);
  }
  directions[id.x] = four;
}

// The first of the equally cheap steps.
fn downhill(cell: u32) -> u32 {
  let own = distancesBefore[cell];
  let place = vec2i(i32(cell % params.width), i32(cell / params.width));
  if (own.x == FAR.x || cell == params.goal) { return NO_DIRECTION; }
  for (var direction = 0u; direction < params.neighbours; direction++) {
    let step = stepOf(direction);
    if (costAt(place + step) == 0u) { continue; }
    if (direction >= 4u && (costAt(place + vec2i(step.x, 0)) == 0u || costAt(place + vec2i(0, step.y)) == 0u)) { continue; }
    let next = u32((place.y + step.y) * i32(params.width) + place.x + step.x);
    if (distancesBefore[next].x == FAR.x) { continue; }
    if (all(stepped(distancesBefore[next], costOf(next), direction) == own)) { return direction; }
  }
  return NO_DIRECTION;
}

fn costAt(place: vec2i) -> u32 {
  if (!isInside(place.x, place.y)) { return 0u; }
  return costOf(u32(place.y) * params.width + u32(place.x));
}
