import { type Choice, type ChoiceKind, ChoiceList, type ChoiceSource } from '../kernel/choices.ts';

/** A choice list that counts only from `open` on: the set-up of a scenario is always the same. */
export class GatedChoices implements ChoiceSource {
  readonly #list: ChoiceList;
  #open = false;

  constructor(choices: readonly Choice[]) {
    this.#list = new ChoiceList(choices);
  }

  open(): void {
    this.#open = true;
  }

  next(kind: ChoiceKind): number {
    return this.#open ? this.#list.next(kind) : 0;
  }
}
