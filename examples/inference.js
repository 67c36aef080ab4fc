import { attempt, join, placeOf, showStatus } from './helpers.js';

/** The network's input for one ship: 15 numbers, in the order of training/steering.py. */
const OBSERVATIONS = 15;
const LATERAL = 0;
const SPEED = 4;
const BENDS = { first: 6, count: 6 };
const CRUISING = 0.7;
/** Ships per task. */
const BATCH = 128;

const canvas = document.querySelector('#map');
const context = canvas.getContext('2d');
const again = document.querySelector('#run');

await attempt(async () => {
  const client = await join();
  again.addEventListener('click', () => attempt(() => run(client)));
  await run(client);
});

async function run(client) {
  again.disabled = true;
  try {
    const startedMs = performance.now();
    const count = canvas.width * canvas.height;
    const tasks = [];
    for (let first = 0; first < count; first += BATCH) {
      await client.ready();
      const observation = { type: 'float32', dims: [BATCH, OBSERVATIONS], data: observe(first) };
      const input = { model: 'steering', inputs: { observation } };
      // Without the cache, so that a second run computes again.
      tasks.push({ first, task: client.submitTask('infer', input, { cache: false }) });
    }
    const places = new Set();
    await Promise.all(
      tasks.map(async ({ first, task }) => {
        const { outputs, timing } = await task.result;
        places.add(placeOf(client, timing));
        paint(first, outputs.controls);
      }),
    );
    const tookMs = performance.now() - startedMs;
    showStatus(`${count} ships in ${tasks.length} batches: ${tookMs.toFixed(0)} ms, by ${[...places].join(' and ')}`);
  } finally {
    again.disabled = false;
  }
}

/** The inputs of a batch of ships, starting at a point of the map. */
function observe(first) {
  const values = new Float32Array(BATCH * OBSERVATIONS);
  for (let nth = 0; nth < BATCH; nth++) {
    const x = (first + nth) % canvas.width;
    const y = Math.floor((first + nth) / canvas.width);
    const ship = values.subarray(nth * OBSERVATIONS, (nth + 1) * OBSERVATIONS);
    ship[LATERAL] = (2 * x) / (canvas.width - 1) - 1;
    ship[SPEED] = CRUISING;
    ship.fill((2 * y) / (canvas.height - 1) - 1, BENDS.first, BENDS.first + BENDS.count);
  }
  return values;
}

/** Draws a batch of results. `controls` has two numbers per ship: steering, -1 to 1, and braking. */
function paint(first, { dims, data }) {
  for (let nth = 0; nth < BATCH; nth++) {
    const steer = data[nth * dims[1]];
    const strength = Math.min(1, Math.abs(steer));
    context.fillStyle = `hsl(${steer < 0 ? 166 : 36} ${30 + 50 * strength}% ${8 + 55 * strength}%)`;
    context.fillRect((first + nth) % canvas.width, Math.floor((first + nth) / canvas.width), 1, 1);
  }
}
