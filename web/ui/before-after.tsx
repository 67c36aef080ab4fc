import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import './before-after.css';
import { IconButton } from './buttons.tsx';
import { useFullscreen } from './fullscreen.ts';

/** An interactive picture, such as the game. */
export interface Playable {
  label: string;
  /** Starts listening on the element. @returns a function that stops */
  attach(target: HTMLElement): () => void;
}

interface BeforeAfterProps {
  /**
   * What the pictures are made of, shown while they are missing and unseen afterwards. It stays in the page: a video that leaves it pauses.
   */
  source?: HTMLElement | null;
  /** The original picture, stretched by the browser. Null: the other is shown whole, without a divider. */
  before: HTMLElement | null;
  after: HTMLElement | null;
  /** Aspect ratio of the picture, width / height. */
  ratio: number;
  beforeLabel: string;
  afterLabel: string;
  /** Position of the divider, 0 to 100. */
  splitPercent: number;
  onSplit: (splitPercent: number) => void;
  /** Receives keys and pointers on the picture. */
  play: Playable | null;
  /** Buttons in the picture's corner. */
  corner?: ComponentChildren;
  /** Lies over the picture. */
  overlay?: ComponentChildren;
  testId?: string;
}

/**
 * Two pictures of the same thing with a divider that pointers and the keyboard move, on the page or in full screen.
 */
export function BeforeAfter(props: BeforeAfterProps) {
  const { source = null, before, after, ratio, beforeLabel, afterLabel } = props;
  const { splitPercent, onSplit, play, corner, overlay, testId } = props;
  const figure = useRef<HTMLElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const cover = useRef<HTMLDivElement>(null);
  const fullscreen = useFullscreen(figure);
  const shown = Math.round(splitPercent);

  useLayoutEffect(() => {
    // Through the object model, since the Content-Security-Policy forbids style attributes.
    frame.current?.style.setProperty('--split', `${splitPercent}%`);
    frame.current?.style.setProperty('--picture-ratio', String(ratio));
  }, [splitPercent, ratio]);

  // In full screen people want to play, so the game gets the keys.
  useEffect(() => {
    if (fullscreen.isOn) cover.current?.focus({ preventScroll: true });
  }, [fullscreen.isOn]);

  const moveTo = (clientX: number) => {
    const box = frame.current?.getBoundingClientRect();
    if (box && box.width > 0) onSplit(clampPercent(((clientX - box.left) / box.width) * 100));
  };

  return (
    <figure
      class={fullscreen.isFilling ? 'before-after-figure before-after-figure--filling' : 'before-after-figure'}
      ref={figure}
    >
      <div class={before ? 'before-after' : 'before-after before-after--whole'} ref={frame}>
        <Layer
          element={source}
          class={before || after ? 'before-after__layer before-after__layer--unseen' : 'before-after__layer'}
        />
        <Layer element={before} class="before-after__layer" testId={testId && `${testId}-before`} />
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
        {overlay}
        <div class="before-after__corner">
          {corner}
          <IconButton
            icon={fullscreen.isOn ? 'shrink' : 'expand'}
            label={fullscreen.isOn ? 'Leave full screen' : 'Full screen'}
            onPress={fullscreen.toggle}
            testId="fullscreen"
          />
        </div>
      </div>
      <figcaption class="before-after__captions">
        <span>{(before ?? source) && beforeLabel}</span>
        <span class="before-after__caption--after">{after && afterLabel}</span>
      </figcaption>
    </figure>
  );
}

function Cover({ play, place }: { play: Playable; place: RefObject<HTMLDivElement> }) {
  useEffect(() => (place.current ? play.attach(place.current) : undefined), [play]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: an interactive picture handles its own keys, which role application announces.
    <div class="before-after__cover" role="application" aria-label={play.label} tabIndex={0} ref={place} />
  );
}

/** Holds an element that the caller owns. Preact could not create it: a worker draws on the canvas. */
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

const STEP = 2;
const LARGE_STEP = 10;

/**
 * The divider's position after a key press, with a slider's keys (WAI-ARIA Authoring Practices).
 * @param splitPercent 0 to 100
 * @returns null for a key that does not move it
 */
export function splitAfterKey(splitPercent: number, key: string, isShift: boolean): number | null {
  const step = isShift ? LARGE_STEP : STEP;
  const moves: Record<string, number> = {
    ArrowLeft: -step,
    ArrowDown: -step,
    ArrowRight: step,
    ArrowUp: step,
    PageDown: -LARGE_STEP,
    PageUp: LARGE_STEP,
    Home: -100,
    End: 100,
  };
  const move = moves[key];
  return move === undefined ? null : clampPercent(splitPercent + move);
}

function clampPercent(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}
