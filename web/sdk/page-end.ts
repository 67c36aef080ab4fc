/** Calls back when the page is left, so that others need not find out by waiting. Returns what ends the watch. */
export function whenPageEnds(leave: () => void): () => void {
  if (typeof window === 'undefined') return () => {};
  window.addEventListener('pagehide', leave);
  return () => window.removeEventListener('pagehide', leave);
}
