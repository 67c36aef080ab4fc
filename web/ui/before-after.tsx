import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import './before-after.css';
import { clampPercent, splitAfterKey } from './split-keys.ts';

/** Something on the picture that can be played. */
export interface Playable {
  label: string;
  /** Returns what ends it. */
  attach(target: HTMLElement): () => void;
}

interface BeforeAfterProps {
  /** Drawn stretched by the browser: what one would see without us. */
  before: HTMLElement | null;
  after: HTMLElement | null;
  /** Width over height of the picture. */
  ratio: number;
  beforeLabel: string;
  afterLabel: string;
  /** What takes keys and pointers on the picture, if anything does. */
  play: Playable | null;
  testId?: string;
}

/** Two pictures of the same thing with a divider between them that a pointer, a finger or the keyboard moves. */
export function BeforeAfter(props: BeforeAfterProps) {
  const { before, after, ratio, beforeLabel, afterLabel, play, testId } = props;
  const [splitPercent, setSplitPercent] = useState(50);
  const frame = useRef<HTMLDivElement>(null);
  const shown = Math.round(splitPercent);

  useLayoutEffect(() => {
    // Through the object model: the Content-Security-Policy forbids style attributes.
    frame.current?.style.setProperty('--split', `${splitPercent}%`);
    frame.current?.style.setProperty('--picture-ratio', String(ratio));
  }, [splitPercent, ratio]);

  const moveTo = (clientX: number) => {
    const box = frame.current?.getBoundingClientRect();
    if (box && box.width > 0) setSplitPercent(clampPercent(((clientX - box.left) / box.width) * 100));
  };

  return (
    <figure>
      <div class={before ? 'before-after' : 'before-after before-after--whole'} ref={frame}>
        <Layer element={before} class="before-after__layer" />
        <Layer element={after} class="before-after__layer before-after__layer--after" testId={testId} />
        {play && <Cover play={play} />}
        {before && after && (
          <div
            class="before-after__handle"
            role="slider"
            tabIndex={0}
            aria-label="Divider between before and after"
            aria-orientation="horizontal"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={shown}
            aria-valuetext={`${shown} % ${beforeLabel}, ${100 - shown} % ${afterLabel}`}
            onKeyDown={(event) => {
              const next = splitAfterKey(splitPercent, event.key, event.shiftKey);
              if (next === null) return;
              event.preventDefault();
              setSplitPercent(next);
            }}
            onPointerDown={(event) => {
              if (event.button !== 0) return;
              event.currentTarget.setPointerCapture(event.pointerId);
              moveTo(event.clientX);
            }}
            onPointerMove={(event) => {
              if (event.currentTarget.hasPointerCapture(event.pointerId)) moveTo(event.clientX);
            }}
          >
            <span class="before-after__grip">
              <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                <path
                  d="M7 4 2 9l5 5M11 4l5 5-5 5"
                  fill="none"
                  stroke="currentColor"
                  stroke-width="2"
                  stroke-linecap="round"
                  stroke-linejoin="round"
                />
              </svg>
            </span>
          </div>
        )}
      </div>
      <figcaption class="before-after__captions">
        <span>{before && beforeLabel}</span>
        <span class="before-after__caption--after">{after && afterLabel}</span>
      </figcaption>
    </figure>
  );
}

function Cover({ play }: { play: Playable }) {
  const cover = useRef<HTMLDivElement>(null);
  useEffect(() => (cover.current ? play.attach(cover.current) : undefined), [play]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is played takes keys of its own, which is what role application tells.
    <div class="before-after__cover" role="application" aria-label={play.label} tabIndex={0} ref={cover} />
  );
}

/** A place for an element somebody else owns: a canvas a worker draws on cannot be made anew by a renderer. */
function Layer({
  element,
  testId,
  class: className,
}: {
  element: HTMLElement | null;
  testId?: string | undefined;
  class: string;
}) {
  const holder = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    holder.current?.replaceChildren(...(element ? [element] : []));
  }, [element]);
  return <div class={className} ref={holder} data-testid={testId} />;
}
