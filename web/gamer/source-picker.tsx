import { useEffect, useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import { FileButton } from '../ui/file-button.tsx';
import { type Choice, Segmented } from '../ui/segmented.tsx';
import { type CaptureKind, isCaptured, type SourceChoice, type SourceKind } from './source.ts';

const KINDS: readonly Choice<SourceKind>[] = [
  { value: 'game', label: 'Game' },
  { value: 'image', label: 'Picture' },
  { value: 'video', label: 'Video' },
];
const CAPTURES: Readonly<Record<CaptureKind, Choice<CaptureKind>>> = {
  screen: { value: 'screen', label: 'Screen' },
  camera: { value: 'camera', label: 'Camera' },
};

interface SourcePickerProps {
  choice: SourceChoice;
  /** Nothing more comes from what was chosen. */
  hasEnded: boolean;
  /** What this browser can be asked for. */
  captures: readonly CaptureKind[];
  onChoose: (choice: SourceChoice) => void;
  onCapture: (kind: CaptureKind) => void;
}

/** The kinds of source. One counts once there is a file, a screen or a camera of it; until then what was shown goes on. */
export function SourcePicker({ choice, hasEnded, captures, onChoose, onCapture }: SourcePickerProps) {
  const [kind, setKind] = useState(choice.kind);
  // A dropped file chooses its kind too.
  useEffect(() => setKind(choice.kind), [choice]);
  const isShown = choice.kind === kind && !hasEnded;
  const fileName = isShown && 'file' in choice ? choice.file.name : null;
  return (
    <div class="source-picker">
      <Segmented
        legend="Source"
        choices={[...KINDS, ...captures.map((capture) => CAPTURES[capture])]}
        value={kind}
        onChange={(chosen) => {
          setKind(chosen);
          if (chosen === 'game' && choice.kind !== 'game') onChoose({ kind: chosen });
        }}
        testId="source"
      />
      {(['image', 'video'] as const).map((fileKind) => (
        <div class="source-picker__ways" key={fileKind} hidden={kind !== fileKind}>
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
      {kind === 'screen' && (
        <div class="source-picker__ways">
          <Button onPress={() => onCapture('screen')} primary={!isShown} testId="source-screen">
            {isShown ? 'Share something else…' : 'Share a tab, window or screen…'}
          </Button>
        </div>
      )}
      {kind === 'camera' && !isShown && (
        <div class="source-picker__ways">
          <Button onPress={() => onCapture('camera')} primary testId="source-camera">
            Start the camera
          </Button>
        </div>
      )}
      {isShown && isCaptured(choice) && (
        <div class="source-picker__ways">
          <Button onPress={() => onChoose({ kind: 'game' })}>
            {choice.kind === 'screen' ? 'Stop sharing' : 'Stop the camera'}
          </Button>
        </div>
      )}
      <p class="source-picker__hint">{fileName ?? HINTS[kind]}</p>
    </div>
  );
}

const HINTS: Readonly<Record<SourceKind, string>> = {
  game: 'Or drop a picture or video anywhere.',
  image: 'Or drop one anywhere.',
  video: 'Or drop one anywhere.',
  screen: 'The picture alone; its sound stays where it is.',
  camera: 'The picture alone, no sound.',
};
