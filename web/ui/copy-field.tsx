import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Button } from './button.tsx';
import './copy-field.css';
import './field.css';

const TELL_FOR_MS = 2_500;

/** A text to hand on, with a button that copies it. */
export function CopyField({ label, text }: { label: string; text: string }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [told, setTold] = useState<string | null>(null);

  useEffect(() => {
    if (told === null) return;
    const timer = setTimeout(() => setTold(null), TELL_FOR_MS);
    return () => clearTimeout(timer);
  }, [told]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setTold('Copied');
    } catch {
      // No clipboard without https or permission: select it, so that one key press copies it.
      input.current?.select();
      setTold('Press Ctrl+C');
    }
  };

  return (
    <div class="copy-field">
      <label class="field" for={id}>
        <span class="field__label">{label}</span>
        <input
          id={id}
          ref={input}
          class="field__control"
          readOnly
          value={text}
          onFocus={(e) => e.currentTarget.select()}
        />
      </label>
      <Button onPress={copy}>
        <span aria-live="polite">{told ?? 'Copy'}</span>
      </Button>
    </div>
  );
}
