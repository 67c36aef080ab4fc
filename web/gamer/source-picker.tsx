import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
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

/** The three kinds of source. A picture or video counts once there is a file of it; until then what was shown goes on. */
export function SourcePicker({ choice, onChoose }: SourcePickerProps) {
  const [kind, setKind] = useState(choice.kind);
  // A dropped file chooses its kind too.
  useEffect(() => setKind(choice.kind), [choice]);
  const files = { image: useRef<HTMLInputElement>(null), video: useRef<HTMLInputElement>(null) };
  const fileName = choice.kind !== 'game' && choice.kind === kind ? choice.file.name : null;
  return (
    <div class="source-picker">
      <Segmented
        legend="Source"
        choices={KINDS}
        value={kind}
        onChange={(chosen) => {
          setKind(chosen);
          if (chosen === 'game' && choice.kind !== 'game') onChoose({ kind: chosen });
        }}
        testId="source"
      />
      {kind !== 'game' && (
        <Button onPress={() => files[kind].current?.click()} primary={!fileName}>
          {fileName ? 'Choose another file…' : 'Choose a file…'}
        </Button>
      )}
      <p class="source-picker__hint">{fileName ?? 'Or drop a picture or video anywhere.'}</p>
      {(['image', 'video'] as const).map((fileKind) => (
        <input
          key={fileKind}
          ref={files[fileKind]}
          type="file"
          accept={`${fileKind}/*`}
          hidden
          data-testid={`source-${fileKind}`}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) onChoose({ kind: fileKind, file });
            // The same file may be chosen again.
            event.currentTarget.value = '';
          }}
        />
      ))}
    </div>
  );
}
