import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './panel.css';

/** A titled region of a page. */
export function Panel({ title, note, children }: { title: string; note?: string; children: ComponentChildren }) {
  const titleId = useId();
  return (
    <section class="panel" aria-labelledby={titleId}>
      <div class="panel__head">
        <h2 class="panel__title" id={titleId}>
          {title}
        </h2>
        {note && <span class="panel__note">{note}</span>}
      </div>
      {children}
    </section>
  );
}
