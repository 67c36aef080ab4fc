import { MeshError } from '../../../shared/errors.ts';

/** How onnxruntime-web says that it got no memory: from C++, from its arena, and from its own JavaScript. */
const NO_MEMORY = /bad_alloc|failed to allocate|out of memory/i;

/**
 * Whether a runtime must be ended after an error. One of WebAssembly itself leaves its memory as it was at that moment; and memory that grew until there was
 * no more never shrinks.
 */
export function isBroken(cause: unknown): boolean {
  const first = cause instanceof MeshError ? cause.cause : cause;
  if (first instanceof WebAssembly.RuntimeError || first instanceof RangeError) return true;
  return isOutOfMemory(first);
}

/** Whether a runtime says that the machine's memory, or what a page may have of it, did not suffice. */
export function isOutOfMemory(cause: unknown): boolean {
  return NO_MEMORY.test(cause instanceof Error ? cause.message : String(cause));
}
