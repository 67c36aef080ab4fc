import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../ui/buttons.tsx';

interface RemovalProps {
  name: string;
  onRemove: () => void;
  /** The id of why the last removal failed. */
  describedBy: string | undefined;
  /** What follows from it, and the question. */
  children: ComponentChildren;
}

/** Asks for confirmation, since a removal cannot be undone while the room exists. */
export function Removal({ name, onRemove, describedBy, children }: RemovalProps) {
  const [isConfirming, setConfirming] = useState(false);
  if (!isConfirming) {
    return (
      <button
        type="button"
        class="volunteers__remove"
        aria-label={`Remove ${name}`}
        aria-describedby={describedBy}
        onClick={() => setConfirming(true)}
        data-testid="remove"
      >
        Remove
      </button>
    );
  }
  return (
    <fieldset class="volunteers__confirm" aria-label={`Remove ${name}?`}>
      <p class="small">{children}</p>
      <Button
        onPress={() => {
          setConfirming(false);
          onRemove();
        }}
        testId="remove-sure"
      >
        Remove
      </Button>
      <Button onPress={() => setConfirming(false)}>Keep</Button>
    </fieldset>
  );
}
