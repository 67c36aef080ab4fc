import { useRef } from 'preact/hooks';
import { type Choice, Segmented } from '../ui/segmented.tsx';
import type { SourceChoice, SourceKind } from './source.ts';

const KINDS: readonly Choice<SourceKind>[] = [
  { value: 'game', label: 'Game' },
  { value: 'image', label: 'Picture' },
  { value: 'video', label: 'Video' },
];

interface SourcePickerProps {
  choice: SourceChoice;
  onChoose: (choice: SourceChoice) => void;
}

/** The three kinds of source. A file is asked for when its kind is chosen; the choice counts once there is a file. */
export function SourcePicker({ choice, onChoose }: SourcePickerProps) {
  const files = { image: useRef<HTMLInputElement>(null), video: useRef<HTMLInputElement>(null) };
  return (
    <div class="source-picker">
      <Segmented
        legend="Source"
        choices={KINDS}
        value={choice.kind}
        onChange={(kind) => (kind === 'game' ? onChoose({ kind }) : files[kind].current?.click())}
        testId="source"
      />
      {(['image', 'video'] as const).map((kind) => (
        <input
          key={kind}
          ref={files[kind]}
          type="file"
          accept={`${kind}/*`}
          hidden
          data-testid={`source-${kind}`}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) onChoose({ kind, file });
            // The same file may be chosen again.
            event.currentTarget.value = '';
          }}
        />
      ))}
      <p class="source-picker__hint">
        {choice.kind === 'game' ? 'Or drop a picture or video anywhere.' : choice.file.name}
      </p>
    </div>
  );
}
