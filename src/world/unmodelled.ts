/**
 * The simulated machine was asked something it has no measured answer for. This is an error of the run: a fake that
 * guesses proves nothing.
 */
export class UnmodelledError extends Error {
  /** @param tool whose behaviour is missing, e.g. `tmux`; @param what what was asked, with the offending word. */
  constructor(tool: string, what: string) {
    super(
      `${tool} model: ${what} is not modelled; measure the real ${tool} and extend the model, or do not ask for it`,
    );
    this.name = 'UnmodelledError';
  }
}
