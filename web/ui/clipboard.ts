import { useEffect, useState } from 'preact/hooks';

/** How long the outcome of a copy is told, ms. */
const FEEDBACK_MS = 2_500;

interface Clipboard {
  /** Outcome of the last copy, while the page shows it. */
  outcome: 'copied' | 'refused' | null;
  /** @returns whether it is copied; without https or permission there is no clipboard, and the person has to copy a text that is shown */
  copy(text: string): Promise<boolean>;
}

/** Copies texts at the press of a button. */
export function useClipboard(): Clipboard {
  const [outcome, setOutcome] = useState<Clipboard['outcome']>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), FEEDBACK_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (text: string) => {
    const isCopied = await written(text);
    setOutcome(isCopied ? 'copied' : 'refused');
    return isCopied;
  };
  return { outcome, copy };
}

async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
