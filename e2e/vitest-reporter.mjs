import { writeFile } from 'node:fs/promises';

/** @typedef {import('vitest/node').TestModule} TestModule */
/** @typedef {import('vitest/reporters').Reporter} Reporter */
/** @typedef {Readonly<import('vitest').SerializedError>} SerializedError */

/**
 * @typedef {object} VitestFile
 * @property {string} path absolute
 * @property {string} status
 * @property {string[]} messages why the file itself or a hook of it failed
 * @property {{ name: string, status: string, durationMs: number, messages: string[] }[]} tests
 */

/**
 * What was thrown outside tests, such as a promise that was rejected with nobody waiting for it. The run fails for it.
 * @typedef {object} UnhandledError
 * @property {string} message
 * @property {string} [path] of the test file that ran meanwhile
 * @property {string} [test] the last of its tests that had started
 */

/** @typedef {{ files: VitestFile[], unhandledErrors: UnhandledError[] }} VitestReport */

/**
 * Writes a {@link VitestReport} to the file that P2C2R_REPORT names. Vitest's own JSON report has neither unhandled errors nor the
 * difference between what was expected and what came.
 * @implements {Reporter}
 */
export default class ReportWriter {
  /**
   * @param {readonly TestModule[]} modules
   * @param {readonly SerializedError[]} unhandledErrors
   */
  async onTestRunEnd(modules, unhandledErrors) {
    const { P2C2R_REPORT: reportFile } = process.env;
    if (reportFile === undefined) return;
    /** @type {VitestReport} */
    const report = { files: modules.map(fileOf), unhandledErrors: unhandledErrors.map(unhandledOf) };
    await writeFile(reportFile, JSON.stringify(report));
  }
}

/** @param {TestModule} module @returns {VitestFile} */
function fileOf(module) {
  const ownErrors = [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())];
  const tests = [...module.children.allTests()].map((test) => ({
    name: test.fullName,
    status: test.result().state,
    durationMs: test.diagnostic()?.duration ?? 0,
    messages: (test.result().errors ?? []).map(messageOf),
  }));
  return { path: module.moduleId, status: module.state(), messages: ownErrors.map(messageOf), tests };
}

/** @param {SerializedError} error @returns {UnhandledError} */
function unhandledOf(error) {
  const { VITEST_TEST_PATH: path, VITEST_TEST_NAME: test } = /** @type {Record<string, unknown>} */ (error);
  return {
    message: messageOf(error),
    ...(typeof path === 'string' && { path }),
    ...(typeof test === 'string' && { test }),
  };
}

/** @param {SerializedError} error @returns {string} message, difference and stack */
function messageOf({ name, message, diff, stack = '' }) {
  const frames = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return [name ? `${name}: ${message}` : message, ...(diff ? [diff] : []), ...frames].join('\n');
}
