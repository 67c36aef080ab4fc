import { expect, it } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { HANDLING, NEUTRAL } from '../simulation/craft.ts';
import { Race, STEP_MS } from '../simulation/race.ts';
import { engineTone } from './engine-voice.ts';
import { RaceListener, type RaceSound } from './race-listener.ts';

const STEPS_PER_FRAME = 2;

/** Listens to a race, frame by frame. */
function listen(race: Race, seconds: number, steer: (timeS: number) => number = () => 0): RaceSound[] {
  const listener = new RaceListener();
  const heard: RaceSound[] = [];
  for (let step = 0; step < (seconds * 1_000) / STEP_MS; step++) {
    race.step({ ...NEUTRAL, steer: steer(race.timeS) });
    if (step % STEPS_PER_FRAME !== 0) continue;
    const sound = listener.look(race, race.timeS * 1_000);
    if (sound) heard.push(sound);
  }
  return heard;
}

const newRace = () => new Race(seededRandom(1));
const kindsOf = (heard: readonly RaceSound[]) => new Set(heard.flatMap(({ cues }) => cues.map(({ kind }) => kind)));

it('tells how the engine runs about twenty times a second, and what happens at once', () => {
  const heard = listen(newRace(), 8);
  const quiet = heard.filter(({ cues }) => cues.length === 0);
  expect(quiet.length).toBeGreaterThan(80);
  expect(quiet.length).toBeLessThan(168);
  for (const { speedShare } of heard) {
    expect(speedShare).toBeGreaterThan(0);
    expect(speedShare).toBeLessThanOrEqual(1);
  }
});

it('hears each orb once, and what rivals do to the player', () => {
  const race = newRace();
  const heard = listen(race, 30);
  const orbs = heard.flatMap(({ cues }) => cues.filter(({ kind }) => kind === 'orb'));
  expect(orbs.length).toBeGreaterThan(5);
  // One craft, an orb every 8 m: no more than a few a second.
  expect(orbs.length).toBeLessThan(30 * (HANDLING.boostSpeedMps / 8));
  expect([...kindsOf(heard)]).toEqual(expect.arrayContaining(['orb', 'boost']));
});

it('a barrier that is leant on scrapes once, not in every frame', () => {
  const heard = listen(newRace(), 3, () => 1);
  const scrapes = heard.flatMap(({ cues }) => cues.filter(({ kind }) => kind === 'scrape'));
  expect(scrapes.length).toBeGreaterThan(0);
  expect(scrapes.length).toBeLessThan(4);
});

it('what happened before somebody listened is not heard', () => {
  const race = newRace();
  listen(race, 10);
  expect(new RaceListener().look(race, 0)?.cues).toEqual([]);
});

it('the engine is higher, brighter and windier the faster it goes, and higher still in a boost', () => {
  const tones = [0, 0.25, 0.5, 0.75, 1].map((speedShare) => engineTone({ speedShare, isBoosting: false, steer: 0 }));
  for (const key of ['hz', 'cutoffHz', 'engineLevel', 'windLevel'] as const) {
    const values = tones.map((tone) => tone[key]);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  }
  const boosted = engineTone({ speedShare: 1, isBoosting: true, steer: -1 });
  expect(boosted.hz).toBeGreaterThan(tones.at(-1)?.hz ?? Number.POSITIVE_INFINITY);
  expect(boosted.pan).toBeLessThan(0);
  // What no race gives is held to what is meant.
  expect(engineTone({ speedShare: 9, isBoosting: false, steer: 9 })).toEqual(
    engineTone({ speedShare: 1, isBoosting: false, steer: 1 }),
  );
});
