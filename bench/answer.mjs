import { once } from 'node:events';

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<unknown>} its next message
 */
export async function answerOf(child) {
  const answered = new AbortController();
  const { signal } = answered;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message),
      once(child, 'exit', { signal }).then(([code, by]) => {
        throw new Error(`A process of the bench ended in the middle of its work: ${by ?? `exit code ${code}`}.`);
      }),
    ]);
  } finally {
    answered.abort();
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {unknown} [question] what structured cloning to another process carries
 */
export function ask(child, question = 'go') {
  const answer = answerOf(child);
  child.send(/** @type {import('node:child_process').Serializable} */ (question));
  return answer;
}
