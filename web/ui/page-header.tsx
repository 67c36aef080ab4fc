import type { ComponentChildren } from 'preact';
import { BrandMark } from './brand-mark.tsx';
import './page-header.css';

/** The bar on top of a page: the way home, what this page is, and a quiet word on the right. */
export function PageHeader({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="page-header">
      <a class="page-header__brand" href="/">
        <BrandMark />
        P2C2R
      </a>
      <h1 class="page-header__title">{title}</h1>
      {children && <div class="page-header__aside">{children}</div>}
    </header>
  );
}
