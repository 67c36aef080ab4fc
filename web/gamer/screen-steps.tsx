import type { ComponentChildren } from 'preact';
import { Button } from '../ui/buttons.tsx';

interface ScreenStepsProps {
  /** Something is shared now. */
  isShared: boolean;
  onShare: () => void;
  /** The id of why nothing is shared. */
  describedBy?: string | undefined;
  /** Whether the sharp picture is in a small window; null where this browser has none, or there is no picture yet. */
  isFloating: boolean | null;
  onFloat: () => void;
}

/** The way from a game in another tab to its sharp picture above it, one step after the other. */
export function ScreenSteps({ isShared, onShare, describedBy, isFloating, onFloat }: ScreenStepsProps) {
  return (
    <ol class="screen-steps">
      <Step isDone={isShared}>Open the game in a tab of its own, or start it in a window.</Step>
      <Step isDone={isShared}>
        <Button onPress={onShare} primary={!isShared} describedBy={describedBy} testId="source-screen">
          {isShared ? 'Share something else…' : 'Share a tab, window or screen…'}
        </Button>
      </Step>
      <Step isDone={isFloating === true}>
        {isFloating === null && isShared ? (
          'Watch the sharp picture here, on a second screen for example, and play in the game.'
        ) : (
          <Button
            onPress={onFloat}
            disabled={!isShared || isFloating === null}
            primary={isFloating === false && isShared}
            testId="screen-float"
          >
            {isFloating ? 'Bring the sharp picture back' : 'Lay the sharp picture over the game'}
          </Button>
        )}
      </Step>
    </ol>
  );
}

function Step({ isDone, children }: { isDone: boolean; children: ComponentChildren }) {
  return <li class={isDone ? 'screen-steps__step screen-steps__step--done' : 'screen-steps__step'}>{children}</li>;
}
