import { useLayoutEffect, useRef } from 'preact/hooks';
import { formatMs } from './format.ts';
import './stage-bar.css';

export interface StageTime {
  name: string;
  /** Milliseconds. */
  ms: number;
  /** On this machine, between the two, or on the other one. */
  place: 'here' | 'way' | 'there';
}

/** Where the time goes: one bar whose parts add up to the whole. */
export function StageBar({ stages }: { stages: readonly StageTime[] }) {
  return (
    <div class="stage-bar">
      <div class="stage-bar__bar" aria-hidden="true">
        {stages.map((stage, index) => (
          <Part key={index} stage={stage} />
        ))}
      </div>
      <ul class="stage-bar__legend">
        {stages.map((stage, index) => (
          <li key={index} class={`stage-bar__entry stage-bar__${stage.place}`}>
            {stage.name} <span class="figures">{formatMs(stage.ms)} ms</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Part({ stage: { ms, place } }: { stage: StageTime }) {
  const part = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // Through the object model: the Content-Security-Policy forbids style attributes.
    if (part.current) part.current.style.flexGrow = String(Math.max(ms, 0));
  }, [ms]);
  return <div ref={part} class={`stage-bar__part stage-bar__${place}`} />;
}
