import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Button } from './button.tsx';

interface FileButtonProps {
  children: ComponentChildren;
  /** As the `accept` of a file input. */
  accept: string;
  onFile: (file: File) => void;
  primary?: boolean;
  /** Of the input: what a test hands a file to. */
  testId?: string;
}

/** A button that asks for a file. */
export function FileButton({ children, accept, onFile, primary = false, testId }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button onPress={() => input.current?.click()} primary={primary}>
        {children}
      </Button>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        data-testid={testId}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onFile(file);
          // The same file may be chosen again.
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
