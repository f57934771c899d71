import * as core from '../core/index.ts';

/** The core under test: the one of this package, or a copy of it with a known bug. */
export type CoreModule = typeof core;

export const ownCore: CoreModule = core;
