import type { ComponentChildren } from 'preact';
import './notice.css';

interface NoticeProps {
  title: string;
  text: string;
  /** Screen readers announce errors at once. */
  isError?: boolean;
  /** Buttons. */
  children?: ComponentChildren;
}

/** A message with optional buttons. */
export function Notice({ title, text, isError = false, children }: NoticeProps) {
  return (
    <div class={isError ? 'notice notice--error' : 'notice'} role={isError ? 'alert' : 'note'}>
      <h2 class="notice__title">{title}</h2>
      <p class="notice__text">{text}</p>
      {children && <div class="notice__actions">{children}</div>}
    </div>
  );
}
