/** A link to the page that says in plain words what volunteers see. */
export function SeenLink() {
  return (
    <a class="small" href="what-volunteers-see" target="_blank" rel="noopener">
      What volunteers see
    </a>
  );
}
