import type { ComponentChildren } from 'preact';
import './page-header.css';

/** The bar at the top of a page: a link home, the page's title, and a remark on the right. */
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

/** The logo: one large pixel becoming four small ones. The same drawing as `public/icon.svg`. */
function BrandMark() {
  return (
    <svg width="26" height="26" viewBox="3 3 26 26" aria-hidden="true">
      <path fill="var(--amber)" d="M5 5h14v8h-6v6H5z" />
      <path fill="var(--teal)" d="M15 15h5v5h-5zM22 15h5v5h-5zM15 22h5v5h-5zM22 22h5v5h-5z" />
    </svg>
  );
}
