/**
 * A SharedWorker: two pages give it a port each, and each hears over its port the end of one channel between them. Then it has no
 * part in what they say.
 */

/** @type {MessagePort | null} */
let waiting = null;

globalThis.addEventListener('connect', (event) => {
  const [page] = /** @type {MessageEvent} */ (event).ports;
  if (!page) return;
  page.onmessage = ({ ports: [end] }) => {
    if (!end) return;
    if (waiting === null) {
      waiting = end;
      return;
    }
    const { port1, port2 } = new MessageChannel();
    waiting.postMessage(null, [port1]);
    end.postMessage(null, [port2]);
    waiting = null;
  };
});
