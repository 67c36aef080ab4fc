import './copy-diagnostics.css';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Button } from './buttons.tsx';
import { useClipboard } from './clipboard.ts';
import { ControlError, type ShownError } from './control-error.tsx';

interface CopyDiagnosticsProps {
  /** Makes the report. */
  collect: () => Promise<object>;
}

/** The foot of a page: a button that copies a report as JSON. Where there is no clipboard it shows the report, selected. */
export function CopyDiagnostics({ collect }: CopyDiagnosticsProps) {
  const { outcome, copy } = useClipboard();
  /** What could not be copied. */
  const [shown, setShown] = useState<string | null>(null);
  const [failure, setFailure] = useState<ShownError | null>(null);
  const failureId = useId();

  const press = async () => {
    setFailure(null);
    try {
      const text = JSON.stringify(await collect(), null, 2);
      if (!(await copy(text))) setShown(text);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `The report could not be made (${why}). Try again; if that does not help, reload the page.`;
      setFailure({ reason: 'diagnostics', message });
    }
  };

  return (
    <footer class="diagnostics">
      <Button onPress={() => void press()} describedBy={failure ? failureId : undefined} testId="copy-diagnostics">
        <span aria-live="polite">{outcome === 'copied' ? 'Copied' : 'Copy diagnostics'}</span>
      </Button>
      <p class="diagnostics__note">For a bug report. It contains no names, invites or addresses.</p>
      <ControlError id={failureId} error={failure} onDismiss={() => setFailure(null)} />
      {shown !== null && <Report text={shown} onClose={() => setShown(null)} />}
    </footer>
  );
}

function Report({ text, onClose }: { text: string; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    dialog.current?.showModal();
    area.current?.select();
  }, []);

  return (
    <dialog class="report" ref={dialog} aria-label="Diagnostics" onClose={onClose}>
      <p>This browser does not let the page copy. Press Ctrl+C, or ⌘C on a Mac.</p>
      <textarea
        class="report__text"
        ref={area}
        readOnly
        value={text}
        aria-label="Report"
        data-testid="diagnostics-text"
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button onPress={() => dialog.current?.close()}>Close</Button>
    </dialog>
  );
}
