import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import './before-after.css';
import { useFullscreen } from './fullscreen.ts';
import { IconButton } from './icon-button.tsx';
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
  /** Where the divider is, 0..100. */
  splitPercent: number;
  onSplit: (splitPercent: number) => void;
  /** What takes keys and pointers on the picture, if anything does. */
  play: Playable | null;
  /** Buttons on the picture's corner. */
  corner?: ComponentChildren;
  testId?: string;
}

/**
 * Two pictures of the same thing with a divider between them that a pointer, a finger or the keyboard moves; on the page, or on
 * all of the screen.
 */
export function BeforeAfter(props: BeforeAfterProps) {
  const { before, after, ratio, beforeLabel, afterLabel, splitPercent, onSplit, play, corner, testId } = props;
  const figure = useRef<HTMLElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const cover = useRef<HTMLDivElement>(null);
  const fullscreen = useFullscreen(figure);
  const shown = Math.round(splitPercent);

  useLayoutEffect(() => {
    // Through the object model: the Content-Security-Policy forbids style attributes.
    frame.current?.style.setProperty('--split', `${splitPercent}%`);
    frame.current?.style.setProperty('--picture-ratio', String(ratio));
  }, [splitPercent, ratio]);

  // Whoever fills the screen with a game wants to play it: the keys are its own from here on.
  useEffect(() => {
    if (fullscreen.isOn) cover.current?.focus({ preventScroll: true });
  }, [fullscreen.isOn]);

  const moveTo = (clientX: number) => {
    const box = frame.current?.getBoundingClientRect();
    if (box && box.width > 0) onSplit(clampPercent(((clientX - box.left) / box.width) * 100));
  };

  return (
    <figure class="before-after-figure" ref={figure}>
      <div class={before ? 'before-after' : 'before-after before-after--whole'} ref={frame}>
        <Layer element={before} class="before-after__layer" />
        <Layer element={after} class="before-after__layer before-after__layer--after" testId={testId} />
        {play && <Cover play={play} place={cover} />}
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
              onSplit(next);
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
        <div class="before-after__corner">
          {corner}
          {fullscreen.isOffered && (
            <IconButton
              icon={fullscreen.isOn ? 'shrink' : 'expand'}
              label={fullscreen.isOn ? 'Leave full screen' : 'Full screen'}
              onPress={fullscreen.toggle}
              testId="fullscreen"
            />
          )}
        </div>
      </div>
      <figcaption class="before-after__captions">
        <span>{before && beforeLabel}</span>
        <span class="before-after__caption--after">{after && afterLabel}</span>
      </figcaption>
    </figure>
  );
}

function Cover({ play, place }: { play: Playable; place: RefObject<HTMLDivElement> }) {
  useEffect(() => (place.current ? play.attach(place.current) : undefined), [play]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is played takes keys of its own, which is what role application tells.
    <div class="before-after__cover" role="application" aria-label={play.label} tabIndex={0} ref={place} />
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
