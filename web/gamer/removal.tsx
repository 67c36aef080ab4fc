import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { quotedName } from '../../shared/quoting.ts';
import { Button, TextButton } from '../ui/buttons.tsx';

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
  const remove = useRef<HTMLButtonElement>(null);
  const question = useRef<HTMLFieldSetElement>(null);
  const questionId = useId();
  if (!isConfirming) {
    return (
      <TextButton
        class="volunteers__remove"
        label={`Remove ${quotedName(name)}`}
        describedBy={describedBy}
        onPress={() => setConfirming(true)}
        place={remove}
        // Not one of its buttons: a key that is pressed twice must not answer.
        successor={() => question.current}
        testId="remove"
      >
        Remove
      </TextButton>
    );
  }
  return (
    <fieldset
      class="volunteers__confirm"
      aria-label={`Remove ${quotedName(name)}?`}
      aria-describedby={questionId}
      tabIndex={-1}
      ref={question}
    >
      <p class="small" id={questionId}>
        {children}
      </p>
      <Button
        onPress={() => {
          setConfirming(false);
          onRemove();
        }}
        successor={() => remove.current}
        testId="remove-sure"
      >
        Remove
      </Button>
      <Button onPress={() => setConfirming(false)} successor={() => remove.current}>
        Keep
      </Button>
    </fieldset>
  );
}
