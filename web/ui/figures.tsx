import type { ComponentChildren } from 'preact';
import './figures.css';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { formatMs, formatPercent } from './format.ts';

/** A list of figures. @param isWide - six figures in two rows instead of four in one */
export function Stats({ children, isWide = false }: { children: ComponentChildren; isWide?: boolean }) {
  return <dl class={isWide ? 'stats stats--wide' : 'stats'}>{children}</dl>;
}

interface StatProps {
  label: string;
  value: string;
  unit?: string;
  hint?: string;
  /** The value is a text, such as names. */
  isText?: boolean;
  testId?: string;
}

/** A figure with its label, unit and an optional hint. */
export function Stat({ label, value, unit, hint, isText = false, testId }: StatProps) {
  return (
    <div class="stat">
      <dt class="stat__label">{label}</dt>
      <dd class={isText ? 'stat__value stat__value--text' : 'stat__value'} title={value}>
        <span data-testid={testId}>{value}</span>
        {unit && <span class="stat__unit">{unit}</span>}
      </dd>
      {hint && <dd class="stat__hint">{hint}</dd>}
    </div>
  );
}

export interface StageTime {
  name: string;
  /** Milliseconds. */
  ms: number;
  /** On this machine, on the network, or on the volunteer. */
  place: 'here' | 'way' | 'there';
}

/** A bar that shows how much of the time each stage takes. */
export function StageBar({ stages }: { stages: readonly StageTime[] }) {
  return (
    <div class="stage-bar">
      <div class="stage-bar__bar" aria-hidden="true">
        {stages.map((stage, index) => (
          <Part key={index} grow={stage.ms} className={`stage-bar__part stage-bar__${stage.place}`} />
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

export interface Share {
  /** Distinguishes entries of the same name. */
  id: string;
  name: string;
  /** 0 to 1; all shares add up to 1. */
  ratio: number;
  /** On this machine, on a volunteer, or by nobody. */
  place: 'here' | 'there' | 'nowhere';
}

/** A bar that shows who did how much, with names and percentages. */
export function ShareBar({ label, shares }: { label: string; shares: readonly Share[] }) {
  return (
    <section class="share-bar" aria-label={label} data-testid="shares">
      <div class="share-bar__bar" aria-hidden="true">
        {shares.map(({ id, ratio, place }) => (
          <Part key={id} grow={ratio} className={`share-bar__part share-bar__${place}`} />
        ))}
      </div>
      <ul class="share-bar__names">
        <li>{label}</li>
        {shares.map(({ id, name, ratio, place }) => (
          <li key={id} class={`share-bar__entry share-bar__${place}`}>
            {name} <span class="figures">{formatPercent(ratio)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A part of a bar. Sets its length through the object model, since the Content-Security-Policy forbids style attributes. */
function Part({ grow, className }: { grow: number; className: string }) {
  const part = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (part.current) part.current.style.flexGrow = String(Math.max(grow, 0));
  }, [grow]);
  return <div ref={part} class={className} />;
}
