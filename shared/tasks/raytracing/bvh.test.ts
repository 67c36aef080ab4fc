import { expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { finish } from '../definition.ts';
import { BOX, type Bvh, buildBvh, MAX_DEPTH } from './bvh.ts';
import { sceneOf } from './input.ts';
import { Intersector, NOTHING } from './intersector.ts';
import { boxesOf, geometryOf } from './scene.ts';
import { GREY, triangleSoup } from './test-scenes.ts';

/** A hierarchy with a single leaf that contains everything. */
function unsorted(primitives: number): Bvh {
  const everywhere = [-1e30, -1e30, -1e30, 1e30, 1e30, 1e30];
  return {
    boxes: Float64Array.from(everywhere),
    second: new Uint32Array(1),
    first: new Uint32Array(1),
    count: Uint32Array.of(primitives),
    order: Uint32Array.from({ length: primitives }, (_, i) => i),
  };
}

function depthOf({ second }: Bvh, node = 0): number {
  const other = second[node] ?? 0;
  return other === 0 ? 1 : 1 + Math.max(depthOf({ second } as Bvh, node + 1), depthOf({ second } as Bvh, other));
}

test.each([0, 1, 4, 5, 9, 300])(
  'a ray finds in the tree what it finds among all %i triangles, and spheres',
  (count) => {
    const random = seededRandom(count);
    const spheres = Array.from({ length: Math.ceil(count / 3) }, () => ({
      type: 'sphere' as const,
      center: [random() * 4 - 2, random() * 4 - 2, random() * 4 - 2] as [number, number, number],
      radius: random() / 3 + 0.01,
      material: GREY,
    }));
    const geometry = geometryOf(sceneOf([...spheres, triangleSoup(count, count + 1)], []).scene);
    const bvh = finish(buildBvh(boxesOf(geometry)));
    const [tree, all] = [new Intersector(geometry, bvh), new Intersector(geometry, unsorted(geometry.primitives))];
    let hits = 0;
    for (let ray = 0; ray < 2_000; ray++) {
      const direction = [random() - 0.5, random() - 0.5, ray % 7 === 0 ? 0 : random() - 0.5];
      const length = Math.hypot(...direction);
      const [dx = 0, dy = 0, dz = 0] = direction.map((value) => value / length);
      const [ox, oy, oz] = [random() * 6 - 3, random() * 6 - 3, random() * 6 - 3];
      tree.meet(ox, oy, oz, dx, dy, dz);
      all.meet(ox, oy, oz, dx, dy, dz);
      expect([tree.met, tree.distance]).toEqual([all.met, all.distance]);
      if (all.met !== NOTHING) hits++;
      const reach = random() * 3;
      expect(tree.isBlocked(ox, oy, oz, dx, dy, dz, reach)).toBe(all.isBlocked(ox, oy, oz, dx, dy, dz, reach));
    }
    if (count > 9) expect(hits).toBeGreaterThan(100);
  },
);

test('every primitive is in exactly one leaf for any distribution, and no tree is too deep for a traversal', () => {
  const alike = new Float64Array(500 * BOX);
  const ever = Float64Array.from({ length: 2_000 * BOX }, (_, i) => 1.5 ** -Math.trunc(i / BOX));
  const flat = Float64Array.from({ length: 300 * BOX }, (_, i) => (i % 3 === 0 ? Math.trunc(i / BOX) : 0));
  for (const primitives of [alike, ever, flat]) {
    const bvh = finish(buildBvh(primitives));
    expect([...bvh.order].sort((a, b) => a - b)).toEqual([...Array(primitives.length / BOX).keys()]);
    expect(bvh.count.reduce((sum, count) => sum + count, 0)).toBe(primitives.length / BOX);
    expect(depthOf(bvh)).toBeLessThan(MAX_DEPTH);
  }
});
