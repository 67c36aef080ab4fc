/** Numbers of the bindings in the networks' shaders; the first two are those of every kernel. */
export const BINDING = { source: 0, result: 1, features: 2, weights: 3 } as const;
