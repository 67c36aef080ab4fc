/** A SharedWorker that joins the ports of two pages to one channel: each page gives it a port and receives its end over that port. */

let waiting: MessagePort | null = null;

globalThis.addEventListener('connect', (event) => {
  const [page] = (event as MessageEvent).ports;
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
