import { useEffect, useRef, useState } from 'preact/hooks';

/** Accepts a file dropped anywhere on the page. @returns whether files are being dragged over it */
export function useDroppedFile(onFile: (file: File) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  const handler = useRef(onFile);
  handler.current = onFile;
  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;
    addEventListener(
      'dragover',
      (event) => {
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        setIsOver(true);
      },
      { signal },
    );
    addEventListener('dragleave', (event) => event.relatedTarget === null && setIsOver(false), { signal });
    addEventListener(
      'drop',
      (event) => {
        const file = event.dataTransfer?.files[0];
        setIsOver(false);
        if (!file) return;
        event.preventDefault();
        handler.current(file);
      },
      { signal },
    );
    return () => listeners.abort();
  }, []);
  return isOver;
}
