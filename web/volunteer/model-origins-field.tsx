import { useId, useState } from 'preact/hooks';
import { parseUrl } from '../../shared/older-browsers.ts';
import { MAX_MODEL_ORIGINS } from '../sdk/volunteer-limits.ts';

interface ModelOriginsFieldProps {
  origins: readonly string[];
  onChange: (origins: string[]) => void;
}

/** The servers from which games may have models run here, besides this page's own: addresses with spaces between them. */
export function ModelOriginsField({ origins, onChange }: ModelOriginsFieldProps) {
  const noteId = useId();
  const [text, setText] = useState(origins.join(' '));
  const [refusal, setRefusal] = useState('');

  const read = (typed: string) => {
    const words = typed.split(/[\s,]+/).filter((word) => word !== '');
    const wrong = words.find((word) => originOf(word) === null);
    const allowed = [...new Set(words.map(originOf))].filter((origin) => origin !== null);
    if (wrong !== undefined) setRefusal(`“${wrong}” is not an address such as https://models.example. `);
    else if (allowed.length > MAX_MODEL_ORIGINS) setRefusal(`At most ${MAX_MODEL_ORIGINS} servers can be allowed. `);
    else {
      setRefusal('');
      onChange(allowed);
    }
  };

  return (
    <div class="model-origins">
      <label class="field">
        <span class="field__label">Other servers whose models games may run here</span>
        <input
          class="field__control"
          type="text"
          inputMode="url"
          value={text}
          placeholder="None"
          autocomplete="off"
          spellcheck={false}
          aria-invalid={refusal !== ''}
          aria-describedby={noteId}
          onInput={(event) => setText(event.currentTarget.value)}
          // Not while an address is half typed.
          onChange={(event) => read(event.currentTarget.value)}
        />
      </label>
      <p class={refusal ? 'limits__note limits__note--refusal' : 'limits__note'} id={noteId} aria-live="polite">
        {refusal &&
          `${refusal}${origins.length > 0 ? `Until then ${origins.join(', ')} may.` : 'Until then none may.'}`}
        {!refusal && origins.length > 0 && `Each of them sees this computer’s address when a model is fetched.`}
      </p>
    </div>
  );
}

/** The origin of an address, whose path does not matter; null if no model can be fetched from there. */
function originOf(address: string): string | null {
  const url = parseUrl(address);
  return url?.protocol === 'https:' ? url.origin : null;
}
