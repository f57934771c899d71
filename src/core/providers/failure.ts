import type { Failure, FailureClass } from './types.ts';

/** A failure that is ours to report: no provider said it. */
export function localFailure(failureClass: FailureClass, message: string, mayHaveRun: boolean): Failure {
  return { class: failureClass, message, httpStatus: null, mayHaveRun };
}
