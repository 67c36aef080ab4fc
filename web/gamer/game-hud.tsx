import { PARTS, type Part } from '../game/messages.ts';
import type { VolunteerInfo } from '../sdk/types.ts';
import { formatMs, formatRate } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { type Choice, Segmented } from '../ui/segmented.tsx';
import './game-hud.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { systemClock } from '../../shared/clock.ts';
import type { GameWork, PartPlace } from '../game/game-work.ts';
import { Turntable } from '../game/hangar.ts';
import type { WorkTold } from '../game/work-log.ts';
import { nameOf } from './messages.ts';

const PLACES: readonly Choice<PartPlace>[] = [
  { value: 'volunteers', label: 'Volunteers' },
  { value: 'local', label: 'Here' },
];

const WORDS: Record<Part, { name: string; what: string; alone: string }> = {
  ships: {
    name: 'Other ships',
    what: 'steered by a network',
    alone: 'steered by the game’s own autopilot',
  },
  drones: {
    name: 'Drones',
    what: 'ways through the city',
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
    alone: 'the last picture stays',
  },
};

interface GameHudProps {
  work: GameWork;
  volunteers: readonly VolunteerInfo[];
}

/** What of the game runs where, and the switches. */
export function GameHud({ work, volunteers }: GameHudProps) {
  return (
    <Panel title="Inside the game" note="who computes what">
      <ul class="game-hud">
        {PARTS.map((part) => (
          <PartRow key={part} part={part} work={work} volunteers={volunteers} />
        ))}
        <li class="game-hud__hangar">
          <HangarView work={work} />
        </li>
      </ul>
    </Panel>
  );
}

function PartRow({ part, work, volunteers }: GameHudProps & { part: Part }) {
  const { where, told } = work.parts[part];
  return (
    <li class="game-hud__part">
      <Segmented
        legend={WORDS[part].name}
        choices={PLACES}
        value={where.value}
        onChange={(place) => work.setWhere(part, place)}
        testId={`where-${part}`}
      />
      <p class="game-hud__told">
        <span class={`game-hud__who game-hud__${placeOf(told.value)}`} data-testid={`who-${part}`}>
          {whoWords(told.value, volunteers)}
        </span>
        <span class="soft small">{detailWords(part, told.value)}</span>
      </p>
    </li>
  );
}

function placeOf({ by }: WorkTold): 'idle' | 'here' | 'there' {
  if (by === null) return 'idle';
  return by === 'game' || by === 'local' ? 'here' : 'there';
}

function whoWords({ by }: WorkTold, volunteers: readonly VolunteerInfo[]): string {
  if (by === null) return 'at rest';
  if (by === 'game') return 'the game itself';
  return by === 'local' ? 'this computer' : nameOf(by, volunteers);
}

function detailWords(part: Part, { by, perSecond, typicalMs, why }: WorkTold): string {
  const { what, alone } = WORDS[part];
  if (by === null) return 'Nothing was asked for just now.';
  if (by === 'game') return `${why} Meanwhile ${alone}.`;
  return `${what}, ${formatRate(perSecond)} times a second, typically in ${formatMs(typicalMs)} ms`;
}

/** The player's ship, ray-traced by whoever there is; nothing is painted while nobody looks. */
export function HangarView({ work }: { work: GameWork }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [isEmpty, setEmpty] = useState(true);
  useEffect(() => {
    if (!isOpen) return;
    const turntable = new Turntable(work, systemClock, (image) => {
      const { current } = canvas;
      if (!current) return;
      Object.assign(current, { width: image.width, height: image.height });
      current.getContext('2d')?.putImageData(image, 0, 0);
      setEmpty(false);
    });
    return () => turntable.dispose();
  }, [isOpen, work]);
  return (
    <details class="hangar" data-testid="hangar" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Look into the hangar</summary>
      <canvas class="hangar__picture" ref={canvas} role="img" aria-label="Your ship in its hangar, ray-traced" />
      {isEmpty && <p class="soft small">The first picture is being painted.</p>}
    </details>
  );
}
