import type { ComponentChildren } from 'preact';
import './stat.css';

/** A list of figures. @param isWide - six figures in two rows instead of four in one */
export function Stats({ children, isWide = false }: { children: ComponentChildren; isWide?: boolean }) {
  return <dl class={isWide ? 'stats stats--wide' : 'stats'}>{children}</dl>;
}

interface StatProps {
  label: string;
  value: string;
  unit?: string;
  hint?: string;
  testId?: string;
}

/** A figure with its label, unit and an optional hint. */
export function Stat({ label, value, unit, hint, testId }: StatProps) {
  return (
    <div class="stat">
      <dt class="stat__label">{label}</dt>
      <dd class="stat__value" title={value}>
        <span data-testid={testId}>{value}</span>
        {unit && <span class="stat__unit">{unit}</span>}
      </dd>
      {hint && <dd class="stat__hint">{hint}</dd>}
    </div>
  );
}
