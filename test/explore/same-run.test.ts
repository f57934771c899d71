import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explore/campaign.ts';
import { SAME_SCENARIO_SAME_RUN } from '../../src/explore/same-run.ts';
import { ownCore } from '../../src/scenario/core-module.ts';

/** A core with something that outlives a run: a counter of the module. */
function leakyCore(): typeof ownCore {
  let starts = 0;
  const { Daemon } = ownCore;
  const start: typeof Daemon.start = (ports, config) => {
    ports.log.event('daemon.started', { count: ++starts });
    return Daemon.start(ports, config);
  };
  return { ...ownCore, Daemon: { start } as unknown as typeof Daemon };
}

describe('a campaign', () => {
  it('notices that a run depends on those before it, and says where', async () => {
    const { finding, runs } = await explore({ runs: 50, seed: 1, core: leakyCore() });
    expect(runs).toBe(1);
    expect(finding).toMatchObject({ violation: { rule: SAME_SCENARIO_SAME_RUN, subject: 'daemon#1' }, replays: 0 });
    expect(finding!.violation.seen).toMatch(
      /differ from entry \d+ on[\s\S]*first: .*daemon\.started[\s\S]*second: .*daemon\.started/,
    );
  });

  it('gives the same report twice', async () => {
    const options = { runs: 60, seed: 5 };
    expect(await explore(options)).toEqual(await explore(options));
  });
});
