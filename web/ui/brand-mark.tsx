/** The mark: one large pixel becoming four small ones. The same drawing as `public/icon.svg`. */
export function BrandMark() {
  return (
    <svg width="26" height="26" viewBox="3 3 26 26" aria-hidden="true">
      <path fill="var(--amber)" d="M5 5h14v8h-6v6H5z" />
      <path fill="var(--teal)" d="M15 15h5v5h-5zM22 15h5v5h-5zM15 22h5v5h-5zM22 22h5v5h-5z" />
    </svg>
  );
}
