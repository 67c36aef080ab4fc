import './icon-button.css';

/** Outlines on a ground of 18 by 18. */
const PATHS = {
  expand: 'M2 7V2h5M16 7V2h-5M2 11v5h5M16 11v5h-5',
  shrink: 'M7 2v5H2M11 2v5h5M7 16v-5H2M11 16v-5h5',
  'pop-out': 'M16 8V3H2v11h5M10 11h6v5h-6z',
  'pop-in': 'M16 8V3H2v11h5M15 15l-6-6M9 13V9h4',
} as const;

interface IconButtonProps {
  icon: keyof typeof PATHS;
  /** Read out, and shown to who points at it. */
  label: string;
  onPress: () => void;
  testId?: string;
}

/** A button with no room for words, on top of a picture. */
export function IconButton({ icon, label, onPress, testId }: IconButtonProps) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onPress} data-testid={testId}>
      <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
        <path d={PATHS[icon]} fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
      </svg>
    </button>
  );
}
