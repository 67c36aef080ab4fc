import { useLayoutEffect, useRef } from 'preact/hooks';
import { formatPercent } from './format.ts';
import './share-bar.css';

export interface Share {
  /** Tells it from others of the same name. */
  id: string;
  name: string;
  /** 0..1; all together 1. */
  ratio: number;
  /** On this machine, or on another. */
  place: 'here' | 'there';
}

/** Who did how much: a bar, and the names with their parts. */
export function ShareBar({ label, shares }: { label: string; shares: readonly Share[] }) {
  return (
    <section class="share-bar" aria-label={label} data-testid="shares">
      <div class="share-bar__bar" aria-hidden="true">
        {shares.map((share) => (
          <Part key={share.id} share={share} />
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

function Part({ share: { ratio, place } }: { share: Share }) {
  const part = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // Through the object model: the Content-Security-Policy forbids style attributes.
    if (part.current) part.current.style.flexGrow = String(ratio);
  }, [ratio]);
  return <div ref={part} class={`share-bar__part share-bar__${place}`} />;
}
