const POLL_MS = 250;

/**
 * Ends us when npm is asked to end: npm passes a signal on to the shell between us, and a shell that a signal ends (dash, for
 * one) leaves us running, with the port or the browsers in our hands. Without npm nothing is watched: a server may well
 * outlive the shell that started it.
 */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_MS);
  timer.unref();
}
