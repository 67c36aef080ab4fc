/** What the HTML of every page has, the built ones and the documents. `web/ui/layout.tsx` draws the header of pages that are components. */

/**
 * The first elements of a page's head.
 * @param {string} toRoot address of the folder of the pages, as the page writes it
 */
export function commonHead(toRoot) {
  return `<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="theme-color" content="#0b0e14" />
    <link rel="icon" type="image/svg+xml" href="${toRoot}icon.svg" />`;
}

/**
 * The bar at the top of a page: a link home, and the choice of the theme.
 * @param {string} toRoot as for {@link commonHead}
 * @param {string} [title] HTML between the two
 */
export function pageHeader(toRoot, title = '') {
  return `<header class="page-header">
      <a class="page-header__brand" href="${toRoot}">
        <svg width="26" height="26" viewBox="3 3 26 26" aria-hidden="true">
          <path fill="var(--amber)" d="M5 5h14v8h-6v6H5z" />
          <path fill="var(--teal)" d="M15 15h5v5h-5zM22 15h5v5h-5zM15 22h5v5h-5zM22 22h5v5h-5z" />
        </svg>
        P2C2R
      </a>
      ${title}<theme-switch></theme-switch>
    </header>`;
}
