/**
 * Has a page that did not start say why: the first error that its scripts did not catch is added to its `.unstarted` paragraph, which is shown for as long
 * as nothing is drawn beside it. Without it a person, or a report, knows no more than that the page is empty.
 */
export function tellStartErrors(): void {
  addEventListener('error', ({ message }) => tell(message), { once: true });
}

function tell(message: string): void {
  document.querySelector('.unstarted')?.append(` The browser says: ${message}`);
}
