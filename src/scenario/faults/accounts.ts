import type { ACCOUNT_FAULTS } from '../kinds/accounts.ts';
import { pairName } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours } from './behaviour.ts';

/** Somebody logs in anew for this pair. */
function logInAnew(pairId: string, { logins, providers, now }: Simulation): void {
  logins.change(pairId, now);
  // It still serves, but for nobody who comes from now on.
  for (const { lane, proc } of providers.live()) if (lane.startsWith(`codex ${pairId}#`)) providers.disturb(proc);
}

export const ACCOUNT_BEHAVIOURS: Behaviours<typeof ACCOUNT_FAULTS> = {
  'tokens-expire': {
    start(fault, stage) {
      const { logins, scenario } = stage.simulation;
      const { accounts } = logins;
      const account = accounts.of(pairName(scenario, fault.pair));
      if (!account) return 'codex has a login of its own';
      accounts.expire(account, fault.next, () => stage.fired(fault));
      return 'nothing was asked of the model with them';
    },
    heal(fault, { simulation }) {
      const { logins, scenario } = simulation;
      const { accounts } = logins;
      const account = accounts.of(pairName(scenario, fault.pair));
      if (!account) return;
      const revoked = account.next === 'revoked';
      account.next = 'renewed';
      if (!revoked) return;
      for (let index = 0; index < scenario.pairs; index++) {
        const pairId = pairName(scenario, index);
        if (accounts.of(pairId) === account) logInAnew(pairId, simulation);
      }
    },
  },
  'login-changed': {
    start(fault, { simulation }) {
      logInAnew(pairName(simulation.scenario, fault.pair), simulation);
      return null;
    },
  },
};
