import './copy-diagnostics.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from './buttons.tsx';

/** How long the button confirms a copy, ms. */
const FEEDBACK_MS = 2_500;

interface CopyDiagnosticsProps {
  /** Makes the report. */
  collect: () => Promise<object>;
}

/** The foot of a page: a button that copies a report as JSON. Where there is no clipboard it shows the report, selected. */
export function CopyDiagnostics({ collect }: CopyDiagnosticsProps) {
  const [isCopied, setCopied] = useState(false);
  /** What could not be copied. */
  const [shown, setShown] = useState<string | null>(null);

  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), FEEDBACK_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  const copy = async () => {
    const text = JSON.stringify(await collect(), null, 2);
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Without https or permission there is no clipboard.
      setShown(text);
    }
  };

  return (
    <footer class="diagnostics">
      <Button onPress={() => void copy()} testId="copy-diagnostics">
        <span aria-live="polite">{isCopied ? 'Copied' : 'Copy diagnostics'}</span>
      </Button>
      <p class="diagnostics__note">For a bug report. It contains no names, invites or addresses.</p>
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
