import { useEffect, useState } from 'preact/hooks';
import { FileButton } from '../ui/file-button.tsx';
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
      {(['image', 'video'] as const).map((fileKind) => (
        <div class="source-picker__file" key={fileKind} hidden={kind !== fileKind}>
          <FileButton
            accept={`${fileKind}/*`}
            onFile={(file) => onChoose({ kind: fileKind, file })}
            primary={!fileName}
            testId={`source-${fileKind}`}
          >
            {fileName ? 'Choose another file…' : 'Choose a file…'}
          </FileButton>
        </div>
      ))}
      <p class="source-picker__hint">{fileName ?? 'Or drop a picture or video anywhere.'}</p>
    </div>
  );
}
