import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, FileButton } from '../ui/buttons.tsx';
import { ControlError } from '../ui/control-error.tsx';
import { type Choice, Segmented } from '../ui/fields.tsx';
import type { Refusal } from './player.ts';
import { ScreenSteps } from './screen-steps.tsx';
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

const REFUSAL_ID = 'source-refusal';

interface SourcePickerProps {
  choice: SourceChoice;
  /** The chosen source has ended. */
  hasEnded: boolean;
  /** The captures that this browser supports. */
  captures: readonly CaptureKind[];
  /** Why the source is not what was asked for last. */
  refusal: Refusal | null;
  onDismiss: () => void;
  onChoose: (choice: SourceChoice) => void;
  onCapture: (kind: CaptureKind) => void;
  onStopCapture: () => void;
  /** Whether the sharp picture is in a small window; null where it cannot be. */
  isFloating: boolean | null;
  onFloat: () => void;
  /** Where the sound of a shared tab is heard. */
  screenSound: ComponentChildren;
}

/** Picks the source. A kind takes effect once the person has picked a file, a screen or a camera; until then the source stays. */
export function SourcePicker(props: SourcePickerProps) {
  const {
    choice,
    hasEnded,
    captures,
    refusal,
    onDismiss,
    onChoose,
    onCapture,
    onStopCapture,
    isFloating,
    onFloat,
    screenSound,
  } = props;
  const place = useRef<HTMLDivElement>(null);
  /** The kind that the person looks for: until there is another source, as after a file was dropped. */
  const [looked, setLooked] = useState({ choice, kind: choice.kind });
  const kind = looked.choice === choice ? looked.kind : choice.kind;
  const setKind = (wanted: SourceKind) => setLooked({ choice, kind: wanted });
  // What was refused may have been asked for elsewhere, such as by a dropped file: its controls are where it is told.
  useEffect(() => {
    if (refusal?.kind) setKind(refusal.kind);
  }, [refusal]);
  const describedBy = refusal ? REFUSAL_ID : undefined;
  const kinds = () => place.current?.querySelector('fieldset');
  const isShown = choice.kind === kind && !hasEnded;
  const fileName = isShown && 'file' in choice ? choice.file.name : null;
  /** A person is about to ask for something, which may be refused: the room for why comes with the press that leads here. */
  const mayBeRefused = kind !== 'game' || choice.kind !== 'game';
  return (
    <div class="source-picker" ref={place}>
      <Segmented
        legend="Source"
        choices={[...KINDS, ...captures.map((capture) => CAPTURES[capture])]}
        value={kind}
        describedBy={describedBy}
        onChange={(chosen) => {
          setKind(chosen);
          onDismiss();
          if (chosen === 'game' && choice.kind !== 'game') onChoose({ kind: chosen });
        }}
        testId="source"
      />
      {kind === 'game' && choice.kind !== 'game' && (
        <div class="source-picker__ways">
          <Button
            onPress={() => onChoose({ kind: 'game' })}
            primary
            describedBy={describedBy}
            successor={kinds}
            testId="source-game"
          >
            Start the game
          </Button>
        </div>
      )}
      {(['image', 'video'] as const).map((fileKind) => (
        <div class="source-picker__ways" key={fileKind} hidden={kind !== fileKind}>
          <FileButton
            accept={`${fileKind}/*`}
            onFile={(file) => onChoose({ kind: fileKind, file })}
            primary={!fileName}
            describedBy={describedBy}
            testId={`source-${fileKind}`}
          >
            {fileName ? 'Choose another file…' : 'Choose a file…'}
          </FileButton>
        </div>
      ))}
      {kind === 'screen' && screenSound}
      {kind === 'screen' && (
        <ScreenSteps
          isShared={isShown}
          onShare={() => onCapture('screen')}
          describedBy={describedBy}
          isFloating={isFloating}
          onFloat={onFloat}
        />
      )}
      {kind === 'camera' && !isShown && (
        <div class="source-picker__ways">
          <Button
            onPress={() => onCapture('camera')}
            primary
            describedBy={describedBy}
            successor={kinds}
            testId="source-camera"
          >
            Start the camera
          </Button>
        </div>
      )}
      {isShown && isCaptured(choice) && (
        <div class="source-picker__ways">
          <Button onPress={onStopCapture} successor={kinds}>
            {choice.kind === 'screen' ? 'Stop sharing' : 'Stop the camera'}
          </Button>
        </div>
      )}
      <div class={mayBeRefused ? 'source-picker__word source-picker__word--roomy' : 'source-picker__word'}>
        <ControlError id={REFUSAL_ID} error={refusal?.error ?? null} onDismiss={onDismiss} />
        {!refusal && <p class="source-picker__hint">{fileName ?? HINTS[kind]}</p>}
      </div>
    </div>
  );
}

const HINTS: Readonly<Record<SourceKind, string>> = {
  game: 'Or drop a picture or video anywhere.',
  image: 'Or drop one anywhere.',
  video: 'Or drop one anywhere.',
  screen: 'Any tab, window or screen.',
  camera: 'Only the picture, no sound.',
};
