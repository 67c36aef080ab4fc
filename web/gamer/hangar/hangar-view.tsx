import { useEffect, useRef, useState } from 'preact/hooks';
import { systemClock } from '../../../shared/clock.ts';
import type { GameWork } from '../../game/game-work.ts';
import { Turntable } from './turntable.ts';
import './hangar-view.css';

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
