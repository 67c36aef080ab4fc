import type { VolunteerInfo } from '../sdk/types.ts';
import { type Choice, Segmented } from '../ui/fields.tsx';
import { formatMs, formatRate } from '../ui/format.ts';
import { Panel } from '../ui/layout.tsx';
import { useOnScreen } from '../ui/on-screen.ts';
import './game-hud.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { systemClock } from '../../shared/clock.ts';
import { type GameWork, Hangar, PARTS, type Part, type PartPlace, type PartStatus } from '../game/game-work.ts';
import { nameOf } from './messages.ts';
import { RadioRow } from './radio.tsx';

const PLACES: readonly Choice<PartPlace>[] = [
  { value: 'volunteers', label: 'Volunteers' },
  { value: 'local', label: 'Here' },
];

/** `alone`: what the game does without a result. */
const TEXTS: Record<Part, { name: string; what: string; alone: string }> = {
  ships: {
    name: 'Other ships',
    what: 'steered by a network',
    alone: 'steered by the game’s own autopilot',
  },
  drones: {
    name: 'Drones',
    what: 'paths through the city',
    alone: 'they fly straight, over the roofs',
  },
  debris: {
    name: 'Rubble',
    what: 'pieces that fly and collide',
    alone: 'they fly through one another',
  },
  hangar: {
    name: 'Hangar view',
    what: 'ray-traced pictures',
    alone: 'no new picture comes',
  },
};

interface GameHudProps {
  work: GameWork;
  volunteers: readonly VolunteerInfo[];
}

/** Shows which machine computes each part of the game, with a switch for each. */
export function GameHud({ work, volunteers }: GameHudProps) {
  return (
    <Panel title="Inside the game" note="who computes what">
      <ul class="game-hud">
        {PARTS.map((part) => (
          <PartRow key={part} part={part} work={work} volunteers={volunteers} />
        ))}
        <RadioRow radio={work.radio} volunteers={volunteers} />
        <li class="game-hud__hangar">
          <HangarView work={work} />
        </li>
      </ul>
    </Panel>
  );
}

function PartRow({ part, work, volunteers }: GameHudProps & { part: Part }) {
  const { where, status } = work.parts[part];
  return (
    <li class="game-hud__part">
      <Segmented
        legend={TEXTS[part].name}
        choices={PLACES}
        value={where.value}
        onChange={(place) => work.setWhere(part, place)}
        testId={`where-${part}`}
      />
      <p class="game-hud__status">
        <span class={`game-hud__who game-hud__${placeOf(status.value)}`} data-testid={`who-${part}`}>
          {whoText(part, status.value, volunteers)}
        </span>
        <span class="soft small">{detailText(part, status.value)}</span>
      </p>
    </li>
  );
}

function placeOf({ by }: PartStatus): 'idle' | 'here' | 'there' {
  if (by === null) return 'idle';
  return by === 'game' || by === 'local' ? 'here' : 'there';
}

function whoText(part: Part, { by }: PartStatus, volunteers: readonly VolunteerInfo[]): string {
  if (by === null) return 'idle';
  if (by === 'game') return part === 'hangar' ? 'nobody' : 'the game itself';
  return by === 'local' ? 'this computer' : nameOf(by, volunteers);
}

function detailText(part: Part, { by, perSecond, medianMs, why }: PartStatus): string {
  const { what, alone } = TEXTS[part];
  if (by === null) return 'Nothing was requested recently.';
  if (by === 'game') return `${why} Meanwhile ${alone}.`;
  return `${what}, ${formatRate(perSecond)} times a second, typically in ${formatMs(medianMs)} ms`;
}

/** The player's ship, ray-traced. Nothing is rendered while nobody can see it: that would be the work of a volunteer. */
function HangarView({ work }: { work: GameWork }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isOnScreen = useOnScreen(canvas);
  const [isEmpty, setEmpty] = useState(true);
  const { by, why } = work.parts.hangar.status.value;
  useEffect(() => {
    if (!isOnScreen) return;
    const hangar = new Hangar(
      (request) => work.run(request),
      systemClock,
      (image) => {
        const { current } = canvas;
        if (!current) return;
        Object.assign(current, { width: image.width, height: image.height });
        current.getContext('2d')?.putImageData(image, 0, 0);
        setEmpty(false);
      },
    );
    return () => hangar.dispose();
  }, [isOnScreen, work]);
  return (
    <details class="hangar" data-testid="hangar">
      <summary>Show the hangar</summary>
      <div class="hangar__stage">
        <canvas class="hangar__picture" ref={canvas} role="img" aria-label="Your ship in its hangar, ray-traced" />
        {isEmpty && <p class="hangar__empty">{by === 'game' ? why : 'Rendering the first picture…'}</p>}
      </div>
    </details>
  );
}
