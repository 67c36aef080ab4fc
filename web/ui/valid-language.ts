/**
 * Makes `navigator.language` one that `Intl` takes: WebKitGTK gives `C` where that is the system's language, as in containers, and uPlot hands it to
 * `Intl.NumberFormat` while it loads, which throws a RangeError, so that no page with a chart started. Import it before uPlot. The pages speak English.
 */
export function ensureValidLanguage(): void {
  // Node 20, in which unit tests import pages, has none.
  if (typeof navigator === 'undefined') return;
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });
  }
}

ensureValidLanguage();
