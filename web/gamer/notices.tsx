import type { ComponentChildren } from 'preact';
import type { MeshError } from '../../shared/errors.ts';
import { largestScale } from '../../shared/tasks/upscale-size.ts';
import { Button, FileButton } from '../ui/buttons.tsx';
import { ControlError, useShownOnChange } from '../ui/control-error.tsx';
import { errorTitle, isTestable } from '../ui/labels.ts';
import { CheckLink, Notice, PollingNotice } from '../ui/layout.tsx';
import type { Player } from './player.ts';
import type { GamerSession, Place } from './session.ts';
import { isCaptured } from './source.ts';

/** Errors and warnings of the picture and the room, each with buttons to recover. What a single control did wrong is beside it. */
export function Notices({ session, player }: { session: GamerSession; player: Player }) {
  const failure = player.error.value;
  const warning = session.warning.value;
  return (
    <>
      {session.error.value && (
        <ErrorNotice error={session.error.value}>
          <Button onPress={() => void session.start()}>Try again</Button>
        </ErrorNotice>
      )}
      {session.isPolling.value && <PollingNotice />}
      {warning && (
        <Notice title={errorTitle(warning.reason)} text={warning.message}>
          <Button onPress={() => (session.warning.value = null)}>Dismiss</Button>
          {isTestable(warning.reason) && <CheckLink />}
        </Notice>
      )}
      {failure && (
        <ErrorNotice error={failure}>
          <RecoveryButton player={player} failure={failure} />
          {player.choice.value.kind !== 'game' && (
            <Button onPress={() => void player.choose({ kind: 'game' })}>Back to the game</Button>
          )}
        </ErrorNotice>
      )}
    </>
  );
}

/** What most people would do next. */
function RecoveryButton({ player, failure }: { player: Player; failure: MeshError }) {
  const choice = player.choice.value;
  if (failure.reason === 'source-ended' && isCaptured(choice)) {
    return (
      <Button onPress={() => void player.startCapture(choice.kind)} primary>
        {choice.kind === 'screen' ? 'Share again…' : 'Start the camera again'}
      </Button>
    );
  }
  if (failure.reason === 'bad-input' && 'file' in choice) {
    return (
      <FileButton accept="image/*,video/*" onFile={(file) => void player.chooseFile(file)} primary>
        Choose another file…
      </FileButton>
    );
  }
  const size = player.source.value?.size.value;
  const scale = failure.reason === 'too-large' && size ? largestScale(size) : null;
  if (scale !== null) {
    return (
      <Button onPress={() => void player.setScale(scale)} primary>
        Enlarge it {scale}×
      </Button>
    );
  }
  return <Button onPress={() => void player.retry()}>Try again</Button>;
}

function ErrorNotice({ error, children }: { error: MeshError; children: ComponentChildren }) {
  const place = useShownOnChange<HTMLDivElement>(error);
  return (
    <div ref={place}>
      <Notice title={errorTitle(error.reason)} text={error.message} isError>
        {children}
        {isTestable(error.reason) && <CheckLink />}
      </Notice>
    </div>
  );
}

interface SessionFailureProps {
  session: GamerSession;
  at: Place;
}

/** What the server refused, beside the control that asked for it. */
export function SessionFailure({ session, at }: SessionFailureProps) {
  const failure = session.failures[at];
  return <ControlError id={failureId(at)} error={failure.value} onDismiss={() => (failure.value = null)} />;
}

/** For the `aria-describedby` of controls beside a {@link SessionFailure}. */
export function describedByFailure(session: GamerSession, at: Place): string | undefined {
  return session.failures[at].value ? failureId(at) : undefined;
}

function failureId(at: Place): string {
  return `failure-${at}`;
}
