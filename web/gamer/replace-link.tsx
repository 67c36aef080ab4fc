import { useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';

/** For a link that went to the wrong people. Folded away: most never need it, and it is not for trying out. */
export function ReplaceLink({ onReplace }: { onReplace: () => Promise<boolean> }) {
  const [state, setState] = useState<'idle' | 'busy' | 'done'>('idle');
  const replace = async () => {
    setState('busy');
    setState((await onReplace()) ? 'done' : 'idle');
  };
  return (
    <details>
      <summary>Take this link back</summary>
      <div class="share-panel__replace">
        <p class="soft small">
          Makes another link. Whoever has this one and is not here yet is let in no more; volunteers who are here stay.
        </p>
        <Button onPress={() => void replace()} disabled={state === 'busy'} testId="replace-link">
          Make a new link
        </Button>
        <p class="share-panel__replaced small" role="status">
          {state === 'done' && 'Done: the old link lets nobody in any more.'}
        </p>
      </div>
    </details>
  );
}
