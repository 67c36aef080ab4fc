/** Work in steps of well under a millisecond: whoever iterates may rest between two, or leave. */
export type Steps<T> = Generator<undefined, T, unknown>;

/** Without a rest. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
