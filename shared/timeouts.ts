/** Resolves with null when a promise takes longer than `withinMs`; else as the promise does. */
export function withinTime<T>(pending: Promise<T>, withinMs: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), Math.max(0, withinMs));
  });
  return Promise.race([pending, late]).finally(() => clearTimeout(timer));
}
